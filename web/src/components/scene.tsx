const wave = 'c20-5 40-5 60 0s40 5 60 0';

/** A sluice, cut lengthwise: high water before the gate; behind it a stream when the board is lifted, else next to nothing. */
export function Scene({ isOpen }: { isOpen: boolean }) {
  return (
    <svg
      class="scene"
      data-open={isOpen}
      viewBox="0 0 720 170"
      aria-hidden="true"
      focusable="false"
      preserveAspectRatio="xMidYMid slice"
    >
      <clipPath id="scene-before">
        <path d="M0 0h346v150H0z" />
      </clipPath>
      <clipPath id="scene-frame">
        <path d="M338 6h44v144h-44z" />
      </clipPath>
      <clipPath id="scene-behind">
        <path d="M346 0h374v150H346z" />
      </clipPath>
      <g clip-path="url(#scene-before)">
        <g class="scene-drift">
          <path class="scene-water" d={`M-120 56${wave.repeat(4)}V150H-120z`} />
          <path class="scene-surface" d={`M-120 56${wave.repeat(4)}`} />
        </g>
      </g>
      <g clip-path="url(#scene-behind)">
        <g class="scene-lower">
          <g class="scene-drift">
            <path class="scene-water" d={`M226 128${wave.repeat(6)}V190H226z`} />
            <path class="scene-surface" d={`M226 128${wave.repeat(6)}`} />
          </g>
        </g>
      </g>
      <g clip-path="url(#scene-frame)">
        <path class="scene-board" d="M350 34h20v84h-20zM360 34V-30" />
      </g>
      <path class="scene-post" d="M346 6v144M374 6v144M338 6h44" />
      <path
        class="scene-tick"
        d="M338 40h-6M338 50h-12M338 60h-6M338 70h-6M338 80h-6M338 90h-6M338 100h-12M338 110h-6M338 120h-6M338 130h-6M338 140h-6"
      />
      <path class="scene-bed" d="M1 150h718" />
    </svg>
  );
}
