/** One item of the story, in its frame: what it is, when it was, how to link to it, copy it, and see it as it is stored. */

import { memo, useCallback, useRef, useState, useSyncExternalStore, type ReactNode } from "react";

import { CopyButton } from "../ui/CopyButton";
import { Time } from "../ui/Time";
import type { Bodies } from "./bodies";
import type { Body } from "./body";
import { Guard } from "./Guard";
import { Json } from "./Json";
import { Marker } from "./Marker";
import { Message } from "./Message";
import { Place, sessionAddress } from "./Place";
import { Sought, useMarkedWords } from "./sought";
import type { Entry, Item } from "./story";
import { ToolCard } from "./ToolCard";

interface CardProps {
  readonly item: Item;
  readonly bodies: Bodies;
  readonly sessionId: string;
  /** The session that this call started, as far as that is known without its result. */
  readonly started: string | undefined;
  readonly isMarked: boolean;
  /** The words that were found in it. */
  readonly sought: string | undefined;
  readonly isOpen: boolean | undefined;
  readonly onToggle: (entry: Entry, isOpen: boolean) => void;
}

const nothing = () => undefined;

/** The body of an event, once it is here. */
function useBody(bodies: Bodies, id: number | undefined): Body | undefined {
  const subscribe = useCallback((listener: () => void) => (id === undefined ? nothing : bodies.subscribe(id, listener)), [bodies, id]);
  const now = useCallback(() => (id === undefined ? undefined : bodies.of(id)), [bodies, id]);
  return useSyncExternalStore(subscribe, now);
}

function failed({ entry, answer }: Item): boolean {
  return entry.outline.is_error || answer?.outline.is_error === true;
}

/** An item with its frame. */
export const Card = memo(function Card({ item, bodies, sessionId, started, isMarked, sought, isOpen, onToggle }: CardProps) {
  const { entry, answer, kind } = item;
  const [isRawChosen, setRaw] = useState<boolean>();
  // What is found may stand where only the whole event shows it.
  const [missing, setMissing] = useState<string>();
  const isRaw = isRawChosen ?? (sought !== undefined && missing === sought);
  const body = useBody(bodies, entry.id);
  const answerBody = useBody(bodies, answer === undefined || answer === entry ? undefined : answer.id);
  const raw = (): unknown => (answerBody === undefined ? body : [body, answerBody]);
  const isReady = body !== undefined && (answer === undefined || answer === entry || answerBody !== undefined);
  const place = useRef<HTMLDivElement>(null);
  const note = useCallback(() => {
    setMissing(sought);
  }, [sought]);
  useMarkedWords(place, sought, isReady, note);
  const names = ["item", `item-${kind}`, isMarked && "is-marked", isRaw && "is-raw", failed(item) && "is-failed"].filter(Boolean).join(" ");
  return (
    <div className={names} data-event={entry.id}>
      <div className="item-tools">
        <Time of={entry.outline.timestamp} as="time" />
        <Place to={sessionAddress(sessionId, { event: entry.id })} className="small-button" title="A link to this event">
          Link
        </Place>
        <button
          type="button"
          className="small-button"
          onClick={() => {
            setRaw(!isRaw);
          }}
        >
          {isRaw ? "Close JSON" : "JSON"}
        </button>
        <CopyButton
          className="small-button"
          isEmpty={!isReady}
          text={() => JSON.stringify(raw(), undefined, 2)}
        />
      </div>
      <Sought value={sought}>
        <div ref={place}>
          {isRaw ? (
            <Json value={raw() ?? entry.outline} />
          ) : (
            <Guard instead={<Json value={raw() ?? entry.outline} />}>{content()}</Guard>
          )}
        </div>
      </Sought>
    </div>
  );

  function content(): ReactNode {
    switch (kind) {
      case "message":
      case "thinking":
        return <Message outline={entry.outline} body={body} />;
      case "tool":
        return (
          <ToolCard
            item={item}
            body={body}
            answerBody={answer === entry ? body : answerBody}
            started={started}
            isOpen={isOpen}
            onToggle={onToggle}
          />
        );
      default:
        return <Marker outline={entry.outline} body={body} kind={kind} />;
    }
  }
});
