//! `agent-runtime man`: the manual, all commands on one page.

use clap_mangen::Man;

use crate::failure::Failure;
use crate::{cli, output};

/// Prints it as roff.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn run() -> Result<(), Failure> {
    let mut definition = cli::definition();
    // Without this, commands do not know that their names begin with that of the program.
    definition.build();
    let page = pages(&definition).map_err(|error| Failure::work(format!("cannot write the manual: {error}")))?;
    output::print(&page)
}

fn pages(definition: &clap::Command) -> std::io::Result<String> {
    let mut page = Vec::new();
    Man::new(definition.clone()).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for command in definition.get_subcommands() {
        let man = Man::new(command.clone());
        let mut sections = Vec::new();
        man.render_description_section(&mut sections)?;
        man.render_synopsis_section(&mut sections)?;
        man.render_options_section(&mut sections)?;
        man.render_extra_section(&mut sections)?;
        // One section a command: what is a section of its page is a part of it here.
        let parts = String::from_utf8_lossy(&sections).replace(".SH EXTRA", ".SH NOTES").replace(".SH ", ".SS ");
        page = format!("{page}.SH \"COMMAND {}\"\n{parts}", command.get_name().to_uppercase());
    }
    Ok(page)
}
