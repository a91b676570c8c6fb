/** The drawing of charts. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { colourOf } from "../ui/colour";
import { clockText, markText } from "../ui/instant";
import { wholeOf } from "./whole";

const HEIGHT = 170;

/** Between two marks of what is counted: whole numbers. */
const STEPS = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** A line to be drawn. */
interface Line {
  readonly name: string;
  readonly colour: string;
  /** The last one is of what is still under way. */
  readonly values: readonly (number | null)[];
  readonly text: (value: number) => string;
}

/** A chart that is there. */
export interface Plot {
  readonly remove: () => void;
}

/** Pixels that the longest word of the scale takes, about. */
function roomFor(_plot: uPlot, words: readonly string[] | null): number {
  return 24 + 6.5 * Math.max(4, ...(words ?? []).map(({ length }) => length));
}

function tellNewest(plot: uPlot) {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
}

/** Of what is under way, a ring beside the line. */
function ring(plot: uPlot, at: number | undefined, value: number | null | undefined, colour: string) {
  if (at === undefined || value === null || value === undefined) return;
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.arc(plot.valToPos(at, "x", true), plot.valToPos(value, "y", true), 3 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.restore();
}

/** Draws lines over time, as wide as there is room; drawn anew when the width or the theme changes. */
export function plotted(place: HTMLElement, times: readonly number[], lines: readonly Line[]): Plot {
  const colour = (name: string) => () => colourOf(place, name);
  const [first] = lines;
  const last = times.length - 1;
  const greatest = Math.max(1, ...lines.map(({ values }) => values.at(-1) ?? 0));
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      scales: { y: { range: (_plot, _least, most) => [0, Math.max(greatest, most) * 1.05] } },
      axes: [
        { ...axis, size: 28, values: (_plot, ticks, _axis, _space, step) => ticks.map((tick) => markText(tick * 1000, step * 1000)) },
        { ...axis, size: roomFor, incrs: STEPS, values: (_plot, ticks) => ticks.map((tick) => first?.text(tick) ?? String(tick)) },
      ],
      // Where nothing is pointed at, the newest is told.
      hooks: {
        ready: [tellNewest],
        setCursor: [tellNewest],
        draw: [
          (drawn) => {
            for (const { colour: of, values } of lines) ring(drawn, times[last], values[last], colourOf(place, of));
          },
        ],
      },
      series: [
        { label: "At", value: (_plot: uPlot, at: number | null) => (at === null ? "–" : clockText(at * 1000, Date.now())) },
        ...lines.map(({ name, colour: of, text, values }) => ({
          label: name,
          stroke: colour(of),
          width: 2,
          // A value between two that were not measured has no line to be seen by.
          points: { show: values.includes(null), size: 4 },
          value: (_plot: uPlot, _value: number | null, _series: number, index: number | null) => {
            const value = index === null ? null : (values[index] ?? null);
            return value === null ? "–" : `${text(value)}${index === last ? " so far" : ""}`;
          },
        })),
      ],
    },
    [[...times], ...lines.map(({ values }) => wholeOf(values))],
    place,
  );
  const room = new ResizeObserver(() => {
    plot.setSize({ width: place.clientWidth, height: HEIGHT });
  });
  room.observe(place);
  const redraw = () => {
    plot.redraw(false, true);
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redraw);
  const choice = new MutationObserver(redraw);
  choice.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return {
    remove: () => {
      room.disconnect();
      choice.disconnect();
      dark.removeEventListener("change", redraw);
      plot.destroy();
    },
  };
}
