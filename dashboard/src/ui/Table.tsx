/** A table: what each row is about first, then what is to be said of it; numbers stand one below the other. */

import type { ReactNode } from "react";

/** One column. */
export interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => ReactNode;
  /** Words, and not a number. */
  readonly isText?: boolean;
  /** Not worth its room on a small screen. */
  readonly isExtra?: boolean;
}

interface TableProps<Row> {
  readonly caption?: string;
  /** The first one names the row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string | number;
}

/** Rows and columns; says so where there are no rows. */
export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  const [first, ...rest] = columns;
  if (rows.length === 0) return <p className="quiet">Nothing in this time.</p>;
  return (
    <table className="table">
      {caption !== undefined && <caption>{caption}</caption>}
      <thead>
        <tr>
          {columns.map((column, index) => (
            <th key={column.name} scope="col" className={index === 0 ? undefined : classOf(column)}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={keyOf(row, index)}>
            <th scope="row">{first?.of(row)}</th>
            {rest.map((column) => (
              <td key={column.name} className={classOf(column)}>
                {column.of(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classOf<Row>({ isText, isExtra }: Column<Row>): string {
  return `${isText === true ? "table-text" : "table-number"}${isExtra === true ? " table-extra" : ""}`;
}
