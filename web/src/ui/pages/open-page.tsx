import { Notice } from '../../components/notice.tsx';
import { PageHead } from '../components/page-head.tsx';

/** What there is to say of a gateway that asks for no keys: it keeps none, so there is nothing to show. */
export function OpenPage() {
  return (
    <>
      <PageHead title="This gateway asks for no keys" />
      <Notice tone="calm" title="There is nothing to manage">
        <p>
          Without keys nothing is limited or counted by key. Start the gateway with a master key (<code>SLUICE_MASTER_KEY</code>,
          or <code>masterKey</code> in the configuration) and sign in with it here.
        </p>
      </Notice>
    </>
  );
}
