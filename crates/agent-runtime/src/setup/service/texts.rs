//! The files that tell a keeper of the service.

use std::path::Path;

use super::LABEL;

/// A unit of systemd.
pub(super) fn unit(program: &str) -> String {
    // In a unit, these have a meaning of their own.
    let program = program.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!(
        "[Unit]\nDescription=Agent Runtime, the flight recorder for coding agents\n\n\
         [Service]\nExecStart=\"{program}\" serve\nRestart=on-failure\nRestartSec=2\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

/// An agent of launchd.
pub(super) fn property_list(program: &str, log: &Path) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (program, log) = (escaped(program), escaped(&log.display().to_string()));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
    <string>{program}</string>
    <string>serve</string>
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>StandardErrorPath</key>
  <string>{log}</string>
</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{property_list, unit};

    #[test]
    fn a_unit_names_the_program_whatever_its_path() {
        let text = unit("/home/a b/100%/\"x\"/$HOME/agent-runtime");
        let line = "ExecStart=\"/home/a b/100%%/\\\"x\\\"/$$HOME/agent-runtime\" serve\n";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("WantedBy=default.target"), "{text}");
    }

    #[test]
    fn a_property_list_names_the_program_whatever_its_path() {
        let text = property_list("/Users/a & b/<c>/agent-runtime", Path::new("/log"));
        assert!(text.contains("<string>/Users/a &amp; b/&lt;c&gt;/agent-runtime</string>"), "{text}");
        assert!(text.contains("<key>RunAtLoad</key>\n  <true/>"), "{text}");
    }
}
