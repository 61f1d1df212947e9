// A shop of three pages. What it tracks without being told: page views, clicks, requests, errors, web vitals.

import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { captureAll, createClient } from 'productgraph';
import {
  ErrorBoundary,
  ProductGraphProvider,
  useComponent,
  useForm,
  useJourney,
  useJourneyStep,
  useTrackedState,
} from 'productgraph/react';

const { api, endpoint, apiKey, projectId } = window.settings;
const client = createClient({
  projectId,
  endpoint,
  apiKey,
  capture: captureAll,
  correlate: [api], // the back end is another origin, and takes our headers
  onError: (problem) => console.warn('productgraph:', problem),
});
window.pg = client;

const money = (cents) => `€ ${(cents / 100).toFixed(2)}`;

function usePath() {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const look = () => setPath(location.pathname);
    addEventListener('popstate', look);
    return () => removeEventListener('popstate', look);
  }, []);
  const go = (to) => {
    history.pushState({}, '', to);
    setPath(to);
  };
  return [path, go];
}

function Products({ go }) {
  const { props } = useComponent('Products');
  return (
    <main {...props}>
      <h1>Tea and mugs</h1>
      <p>Everybody has the same in the cart, so there is nothing to choose.</p>
      <button data-pg-name="to-cart" onClick={() => go('/cart')}>
        To the cart
      </button>
    </main>
  );
}

function Cart({ go }) {
  const { props } = useComponent('Cart', { views: true });
  const [cart, setCart] = useTrackedState('cart', null);
  useEffect(() => {
    fetch(`${api}/api/cart`)
      .then((response) => response.json())
      .then(setCart, () => setCart({ items: [], total_cents: 0 }));
  }, []);
  return (
    <main {...props}>
      <h1>Your cart</h1>
      <ul>
        {cart?.items.map((item) => (
          <li key={item.sku}>
            {item.quantity} × {item.name}
          </li>
        ))}
      </ul>
      <p id="total">{cart && money(cart.total_cents)}</p>
      <button data-pg-name="to-checkout" onClick={() => go('/checkout')}>
        Check out
      </button>
    </main>
  );
}

function Checkout({ go }) {
  const { props } = useComponent('Checkout');
  const form = useForm('payment');
  const journey = useJourney('checkout_flow');
  const [answer, setAnswer] = useState('');
  useJourneyStep(journey, 'payment', 'Payment');
  const pay = async (event) => {
    event.preventDefault();
    form.onSubmit();
    const response = await fetch(`${api}/api/checkout`, { method: 'POST' }).catch(() => undefined);
    if (!response?.ok) return setAnswer('That did not work. Nothing was charged.');
    journey?.complete();
    return go('/done');
  };
  return (
    <main {...props}>
      <h1>Payment</h1>
      <form id="payment" onFocus={form.onFocus} onSubmit={pay}>
        <label>
          Name <input name="name" autoComplete="name" />
        </label>
        <label>
          Card <input name="card" inputMode="numeric" data-pg-mask />
        </label>
        <button data-pg-name="pay">Pay</button>
      </form>
      <p role="status">{answer}</p>
    </main>
  );
}

function Shop() {
  const [path, go] = usePath();
  if (path === '/cart') return <Cart go={go} />;
  if (path === '/checkout') return <Checkout go={go} />;
  if (path === '/done')
    return (
      <main>
        <h1 id="done">Thank you</h1>
      </main>
    );
  return <Products go={go} />;
}

createRoot(document.getElementById('root')).render(
  <ProductGraphProvider client={client}>
    <ErrorBoundary name="Shop" fallback={<p>Sorry, something broke.</p>}>
      <Shop />
    </ErrorBoundary>
  </ProductGraphProvider>,
);
