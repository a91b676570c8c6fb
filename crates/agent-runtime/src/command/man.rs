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
    let mut page = Vec::new();
    let written = Man::new(definition.clone()).render(&mut page).and_then(|()| {
        for command in definition.get_subcommands() {
            let name = command.get_name().to_owned();
            let man = Man::new(command.clone());
            page.extend_from_slice(format!(".SH \"COMMAND {}\"\n", name.to_uppercase()).as_bytes());
            man.render_description_section(&mut page)?;
            man.render_synopsis_section(&mut page)?;
            man.render_options_section(&mut page)?;
            man.render_extra_section(&mut page)?;
        }
        Ok(())
    });
    written.map_err(|error| Failure::work(format!("cannot write the manual: {error}")))?;
    output::print(&String::from_utf8_lossy(&page))
}
