/** Keeps a fault in one item from taking the page along: whatever an agent wrote, the rest stays readable. */

import { Component, type ReactNode } from "react";

interface GuardProps {
  /** What stands in the place of what could not be drawn. */
  readonly instead: ReactNode;
  readonly children: ReactNode;
}

export class Guard extends Component<GuardProps, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.instead : this.props.children;
  }
}
