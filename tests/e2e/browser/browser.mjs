// Starting the system's Chromium with a fresh profile.
import { chromium } from 'playwright-core';

const FLAGS = [
  // Chromium's own sandbox refuses to run as root, and needs namespaces that a container may not give it.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-component-update',
  '--disable-background-networking',
  '--no-first-run',
  // What would ask servers of Google's, or ask for https where http was named. Of several such flags Chromium takes the
  // last, so this one names again what matters here of Playwright's own.
  '--disable-features=AutofillServerCommunication,OptimizationHints,MediaRouter,DialMediaRouteProvider,Translate,' +
    'HttpsUpgrades,LensOverlay,PaintHolding,DestroyProfileOnBrowserClose,ThirdPartyStoragePartitioning',
  '--disable-domain-reliability',
  '--disable-client-side-phishing-detection',
  // Whatever proxy the environment names is for the world outside, not for the page under test.
  '--no-proxy-server',
];

// `hostResolver`: "none" leaves names to the system (/etc/hosts, /etc/resolv.conf); anything else is given to
// Chromium as its --host-resolver-rules.
export async function launch({ executable = '/usr/bin/chromium', hostResolver = 'none' } = {}) {
  const args = hostResolver === 'none' ? FLAGS : [...FLAGS, `--host-resolver-rules=${hostResolver}`];
  return chromium.launch({ executablePath: executable, headless: true, args, timeout: 30_000 });
}
