import { useEffect, useRef } from 'preact/hooks';

const searchDelayMs = 300;

interface SearchBoxProps {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}

/** A field that searches on the server, a moment after the last letter. */
export function SearchBox({ label, value, onSearch }: SearchBoxProps) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div class="toolbar" role="search">
      <input
        type="search"
        class="search"
        aria-label={label}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        defaultValue={value}
        onInput={(event) => {
          const text = event.currentTarget.value.trim();
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onSearch(text), searchDelayMs);
        }}
      />
    </div>
  );
}
