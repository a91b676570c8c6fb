//! `agent-runtime hook`, as an agent runs it: what reaches the server, what waits for it, and that nothing else is
//! ever seen.

mod crowd;
mod ignored;
mod input;
mod kills;
mod many;
mod quiet;
mod real_agents;
mod recorded_runs;
mod recorder;
mod refused;
mod replay;
mod request;
mod secrets;
mod server;
mod spooled;
mod stand;
mod storm;
mod tls;
mod unwaited;
