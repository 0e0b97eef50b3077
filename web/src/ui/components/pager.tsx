import type { Page } from '../api/read.ts';
import { formatCount } from '../state/format.ts';

interface PagerProps {
  page: Page<unknown>;
  /** What is counted, in the plural: `keys`. */
  noun: string;
  onPage: (page: number) => void;
}

/** How many there are, and the way to the other pages. */
export function Pager({ page: { rows, total, page, pages }, noun, onPage }: PagerProps) {
  const isLast = pages === null ? rows.length === 0 : page >= pages;
  return (
    <nav class="pager" aria-label={`Pages of ${noun}`}>
      <span>
        {[
          total !== null && `${formatCount(total)} ${total === 1 ? noun.slice(0, -1) : noun}`,
          pages !== 1 && placeText(page, pages),
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
      {pages !== 1 && (
        <span class="pager-buttons">
          <button type="button" class="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>
            Previous
          </button>
          <button type="button" class="button" disabled={isLast} onClick={() => onPage(page + 1)}>
            Next
          </button>
        </span>
      )}
    </nav>
  );
}

function placeText(page: number, pages: number | null): string {
  return `page ${formatCount(page)}${pages === null ? '' : ` of ${formatCount(pages)}`}`;
}
