import type { ComponentChildren } from 'preact';

interface TableProps {
  /** Names the table to screen readers. */
  label: string;
  head: ComponentChildren;
  children: ComponentChildren;
}

/** A table that scrolls sideways by itself where the window is narrow; by keyboard too. */
export function Table({ label, head, children }: TableProps) {
  return (
    <div class="table-scroll" role="region" aria-label={label} tabIndex={0}>
      <table class="table">
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface SortHeadProps {
  /** What the server sorts by. */
  by: string;
  label: string;
  /** The order of now, e.g. `spend.desc`. */
  current: string;
  onSort: (order: string) => void;
  class?: string;
}

/** The head of a column that the server can sort by; a second click turns the order around. */
export function SortHead({ by, label, current, onSort, class: className }: SortHeadProps) {
  const [column, direction] = current.split('.');
  const isCurrent = column === by;
  const next = isCurrent && direction === 'desc' ? 'asc' : 'desc';
  const order = direction === 'asc' ? 'ascending' : 'descending';
  return (
    <th scope="col" class={className} aria-sort={isCurrent ? order : 'none'}>
      <button type="button" class="sort" onClick={() => onSort(`${by}.${next}`)}>
        {label}
        <span class="sort-mark" aria-hidden="true">
          {isCurrent ? (direction === 'asc' ? '↑' : '↓') : '↕'}
        </span>
      </button>
    </th>
  );
}
