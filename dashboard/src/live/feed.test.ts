import { describe, expect, it } from "vitest";

import { Feed, type FeedSurroundings } from "./feed";
import type { Message } from "./message";
import { anEvent, aSession, init, sent } from "./sample";
import type { Listener } from "./socket";

function start() {
  const frames: (() => void)[] = [];
  const timers: (() => void)[] = [];
  const listeners: Listener[] = [];
  const clock = { now: 0 };
  const around: FeedSurroundings = {
    now: () => clock.now,
    random: () => 0,
    after: (_, run) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
    open: (_, listener) => {
      listeners.push(listener);
      return () => undefined;
    },
    head: () => Promise.resolve({ kind: "away" }),
    nextFrame: (run) => frames.push(run),
  };
  const feed = new Feed(around);
  feed.socket.connect();
  const says = (message: Message) => listeners.at(-1)?.text(JSON.stringify(message));
  const frame = () => {
    for (const run of frames.splice(0)) run();
  };
  return { feed, says, frame, frames, timers, clock };
}

describe("the feed", () => {
  it("applies what came within a frame as one, and tells only who asked for it", () => {
    const { feed, says, frame, frames } = start();
    says(init(5, aSession("a"), aSession("b")));
    frame();
    const heard: number[][] = [];
    const others: unknown[] = [];
    feed.onEvents("a", (events) => heard.push(events.map(({ id }) => id)));
    feed.onEvents("b", (events) => others.push(events));
    let drawn = 0;
    feed.onSession("a", () => (drawn += 1));
    for (let position = 6; position < 1006; position += 1) says(sent(position, anEvent("a")));
    expect(frames).toHaveLength(1);
    frame();
    expect(heard).toHaveLength(1);
    expect(heard[0]).toEqual(Array.from({ length: 1000 }, (_, index) => index + 6));
    expect(drawn).toBe(1);
    expect(others).toEqual([]);
  });

  it("makes the whole list anew four times a second, not with every frame", () => {
    const { feed, says, frame, timers, clock } = start();
    says(init(5, aSession("a")));
    frame();
    let drawn = 0;
    feed.onSnapshot(() => (drawn += 1));
    const first = feed.snapshot();
    const before = timers.length;
    for (let position = 6; position < 16; position += 1) {
      clock.now += 16;
      says(sent(position, anEvent("a")));
      frame();
    }
    expect(feed.snapshot()).toBe(first);
    expect(timers).toHaveLength(before + 1);
    timers.at(-1)?.();
    expect(drawn).toBe(1);
    expect(feed.snapshot().sessions.get("a")?.event_count).toBe(10);
    expect(feed.session("a")).toBe(feed.snapshot().sessions.get("a"));
  });

  it("tells of a fresh snapshot before the events that follow it", () => {
    const { feed, says, frame } = start();
    says(init(5, aSession("a")));
    frame();
    const heard: string[] = [];
    feed.onReset(() => heard.push("reset"));
    feed.onEvents("a", () => heard.push("events"));
    says({ type: "reset", reason: "epoch", cursor: "f:1" });
    says({ type: "init", sessions: [aSession("a")], cursor: "f:1" });
    says({ ...sent(2, anEvent("a")), cursor: "f:2" });
    frame();
    expect(heard).toEqual(["reset", "events"]);
  });

  it("tells nobody who has left", () => {
    const { feed, says, frame } = start();
    says(init(5, aSession("a")));
    let heard = 0;
    const end = feed.onEvents("a", () => (heard += 1));
    end();
    says(sent(6, anEvent("a")));
    frame();
    expect(heard).toBe(0);
  });
});
