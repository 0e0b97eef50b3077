import { type Backend, type BackendHealth, stateOf } from '../api/models.ts';
import { useDashboard } from '../components/context.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Status } from '../components/status.tsx';
import { Table } from '../components/table.tsx';
import { useResource } from '../components/use-resource.ts';
import { formatUsd } from '../state/format.ts';

/** The models, what serves them, what they cost, and whether they answer. */
export function ModelsPage() {
  const { rights } = useDashboard();
  const backends = useResource((api) => api.models.list(), []);
  const health = useResource((api) => (rights.seesAll ? api.models.health() : Promise.resolve(undefined)), []);
  return (
    <>
      <PageHead
        title="Models"
        actions={
          <button
            type="button"
            class="button"
            onClick={() => {
              void backends.reload();
              void health.reload();
            }}
          >
            Refresh
          </button>
        }
      >
        Prices in USD per million tokens.
      </PageHead>
      <Loaded resource={backends}>
        {(found) =>
          found.length === 0 ? (
            <Empty title="No models">The configuration file names them.</Empty>
          ) : (
            <BackendsTable backends={found} health={health.value.value} />
          )
        }
      </Loaded>
    </>
  );
}

const tones = { healthy: 'good', unhealthy: 'bad', unknown: 'quiet' } as const;

function BackendsTable({ backends, health }: { backends: readonly Backend[]; health: BackendHealth | undefined }) {
  const sorted = [...backends].sort((a, b) => a.model.localeCompare(b.model));
  return (
    <Table
      label="Models"
      head={
        <>
          <th scope="col">Model</th>
          <th scope="col">Backend</th>
          <th scope="col" class="number">
            Input
          </th>
          <th scope="col" class="number">
            Output
          </th>
          {health && <th scope="col">Health</th>}
        </>
      }
    >
      {sorted.map((backend, at) => (
        <tr key={backend.id === '' ? at : backend.id}>
          <th scope="row">
            {backend.model === sorted[at - 1]?.model ? <span class="ditto">{backend.model}</span> : backend.model}
          </th>
          <td>
            {backend.upstream}
            {backend.baseUrl !== null && <span class="sub">{backend.baseUrl}</span>}
          </td>
          <td class="number">{priceText(backend.inputPriceUsd)}</td>
          <td class="number">{priceText(backend.outputPriceUsd)}</td>
          {health && (
            <td>
              <Status tone={tones[stateOf(backend, health)]}>{stateOf(backend, health)}</Status>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

function priceText(usd: number | null): string {
  return usd === null ? '–' : formatUsd(usd);
}
