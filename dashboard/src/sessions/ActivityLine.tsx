/** Events in each of the last thirty minutes, as a small line. */

import { PULSE_MINUTES, pulseAt, type Trace } from "../live/trace";
import { useNow } from "../ui/ticker";

const WIDTH = 60;
const HEIGHT = 16;

export function ActivityLine({ trace }: { readonly trace: Trace | undefined }) {
  const minute = Math.floor(useNow(60_000) / 60_000);
  if (trace === undefined || trace.until === 0) return <span className="activity" />;
  const pulse = pulseAt(trace, minute);
  const total = pulse.reduce((sum, count) => sum + count, 0);
  if (total === 0) return <span className="activity" />;
  // By the root, so that few events are seen beside many.
  const most = Math.sqrt(Math.max(...pulse));
  const step = WIDTH / PULSE_MINUTES;
  const bars = pulse.map((count, index) => {
    const height = count === 0 ? 0 : Math.max(2, (Math.sqrt(count) / most) * HEIGHT);
    return `M${index * step} ${HEIGHT}v${-height}h${step - 0.5}v${height}z`;
  });
  return (
    <svg className="activity" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${total} events in 30 minutes`}>
      <path d={bars.join("")} />
    </svg>
  );
}
