import { describe, expect, it } from "vitest";

import type { Message } from "./message";
import { type Connection, type Head, type Listener, LiveSocket, type Surroundings } from "./socket";

/** A world whose clock moves only when told, and whose server is the test. */
class World implements Surroundings {
  time = 1_000_000;
  dials: { path: string; listener: Listener; closed: boolean }[] = [];
  answer: Head = { kind: "away" };
  asked = 0;
  #timers: { at: number; run: () => void }[] = [];

  now = () => this.time;
  random = () => 0.5;

  after = (milliseconds: number, run: () => void) => {
    const timer = { at: this.time + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  open = (path: string, listener: Listener) => {
    const dial = { path, listener, closed: false };
    this.dials.push(dial);
    return () => {
      dial.closed = true;
    };
  };

  head = () => {
    this.asked += 1;
    return Promise.resolve(this.answer);
  };

  async pass(milliseconds: number) {
    const end = this.time + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.time = Math.max(this.time, due.at);
      due.run();
      await settle();
    }
    this.time = end;
  }

  get dial() {
    const dial = this.dials.at(-1);
    if (dial === undefined) throw new Error("nothing was dialled");
    return dial;
  }

  says(message: object) {
    this.dial.listener.text(JSON.stringify(message));
  }
}

async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

function start() {
  const world = new World();
  const received: Message[] = [];
  const states: Connection[] = [];
  const socket = new LiveSocket(world, {
    received: (message) => received.push(message),
    changed: (connection) => states.push(connection),
  });
  socket.connect();
  return { world, received, states, socket };
}

function live(position = 7) {
  const started = start();
  started.world.dial.listener.opened();
  started.world.says({ type: "init", sessions: [], cursor: `e:${position}` });
  return started;
}

const event = (position: number) => ({ type: "event", data: { id: position }, cursor: `e:${position}` });

describe("a live socket", () => {
  it("begins with a snapshot, and is live once it has come", () => {
    const { world, socket } = start();
    expect(world.dial.path).toBe("/ws?bodies=");
    world.dial.listener.opened();
    expect(socket.connection.state).toBe("connecting");
    world.says({ type: "init", sessions: [], cursor: "e:7" });
    expect(socket.connection.state).toBe("live");
  });

  it("asks for a whole snapshot again when it breaks off between a reset and its snapshot", async () => {
    const { world } = live();
    world.says({ type: "reset", reason: "expired", cursor: "new:50" });
    world.dial.listener.closed();
    await world.pass(60_000);
    expect(new URLSearchParams(world.dial.path.slice(4)).get("since")).toBeNull();
  });

  it("goes on at the last message after a break, and says that it is catching up", async () => {
    const { world, socket } = live();
    world.says(event(8));
    world.answer = { kind: "at", cursor: "e:10" };
    world.dial.listener.closed();
    expect(socket.connection.state).toBe("waiting");
    await world.pass(1000);
    expect(new URLSearchParams(world.dial.path.slice(4)).get("since")).toBe("e:8");
    world.dial.listener.opened();
    expect(socket.connection.state).toBe("catching-up");
    world.says(event(9));
    expect(socket.connection.state).toBe("catching-up");
    world.says(event(10));
    expect(socket.connection.state).toBe("live");
  });

  it("is live again when the end of what was missed was erased", async () => {
    const { world, socket } = live();
    world.answer = { kind: "at", cursor: "e:10" };
    world.dial.listener.closed();
    await world.pass(1000);
    world.dial.listener.opened();
    world.says(event(9));
    await world.pass(1500);
    expect(socket.connection.state).toBe("live");
  });

  it("asks for a fresh snapshot, visibly, when too much was missed", async () => {
    const { world, socket } = live();
    world.answer = { kind: "at", cursor: "e:5008" };
    world.dial.listener.closed();
    await world.pass(1000);
    expect(world.dial.path).toBe("/ws?bodies=");
    expect(socket.connection).toMatchObject({ state: "catching-up", skipped: { changes: 5001 } });
  });

  it("replays up to five thousand", async () => {
    const { world } = live();
    world.answer = { kind: "at", cursor: "e:5007" };
    world.dial.listener.closed();
    await world.pass(1000);
    expect(world.dial.path).toContain("since=e%3A7");
  });

  it("waits longer each time, up to a bound, and a little differently on each page", async () => {
    const { world, socket } = live();
    world.dial.listener.closed();
    const pauses: number[] = [];
    for (let turn = 0; turn < 9; turn += 1) {
      pauses.push((socket.connection.retryAt ?? 0) - world.time);
      await world.pass(pauses.at(-1) ?? 0);
    }
    expect(pauses).toEqual([300, 600, 1200, 2400, 4800, 9600, 11_250, 11_250, 11_250]);
    world.random = () => 0;
    await world.pass(11_250);
    expect((socket.connection.retryAt ?? 0) - world.time).toBe(7500);
  });

  it("asks for a sign-in when an ordinary request is refused, and no more by itself", async () => {
    const { world, socket } = start();
    world.answer = { kind: "signed-out" };
    world.dial.listener.closed();
    await world.pass(120_000);
    expect(socket.connection.state).toBe("signed-out");
    expect(world.dials).toHaveLength(1);
    world.answer = { kind: "at", cursor: "e:7" };
    socket.connect();
    await settle();
    expect(world.dials).toHaveLength(2);
  });

  it("changes whose events come whole without a gap and without a word from the socket before", () => {
    const { world, socket, received } = live();
    const before = world.dial;
    socket.open("a b");
    expect(before.closed).toBe(true);
    const query = new URLSearchParams(world.dial.path.slice(4));
    expect([query.get("since"), query.get("bodies")]).toEqual(["e:7", "a b"]);
    before.listener.text(JSON.stringify(event(8)));
    before.listener.closed();
    expect(received).toHaveLength(1);
    expect(socket.connection.state).toBe("live");
  });

  it("looks at a silent socket, and leaves one that did not say what the server said", async () => {
    const { world, socket } = live();
    world.answer = { kind: "at", cursor: "e:7" };
    await world.pass(31_000);
    expect(world.asked).toBe(1);
    expect(world.dials).toHaveLength(1);
    world.answer = { kind: "at", cursor: "e:9" };
    await world.pass(36_000);
    expect(world.dials).toHaveLength(2);
    expect(socket.connection.state).toBe("connecting");
  });

  it("looks at once when the page is shown again, and tries at once when it was waiting", async () => {
    const { world, socket } = live();
    world.answer = { kind: "away" };
    socket.check();
    await settle();
    expect(socket.connection.state).toBe("waiting");
    world.answer = { kind: "at", cursor: "e:7" };
    socket.check();
    await settle();
    expect(world.dials).toHaveLength(2);
  });

  it("gives up on a socket that never opens", async () => {
    const { world, socket } = start();
    await world.pass(20_000);
    expect(world.dial.closed).toBe(true);
    expect(socket.connection.state).toBe("waiting");
  });

  it("passes over what is no message", () => {
    const { world, received } = live();
    for (const text of ["", "[", "7", "{}", '{"type":"event"}', "null"]) world.dial.listener.text(text);
    expect(received).toHaveLength(1);
  });
});
