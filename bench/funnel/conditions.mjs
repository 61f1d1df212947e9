// Steps as funnel() takes them, and as SQL that is the same everywhere: the columns have the same names.
const literal = (value) => (typeof value === 'number' ? String(value) : `'${value}'`);
export const columnOf = (field) => field.replace(/^gen_ai\./, '').replaceAll('.', '_');

function conditionOf(step) {
  const parts = Object.entries(step).map(([field, wanted]) =>
    Array.isArray(wanted)
      ? `${columnOf(field)} IN (${wanted.map(literal).join(', ')})`
      : `${columnOf(field)} = ${literal(wanted)}`,
  );
  return `(${parts.join(' AND ')})`;
}

const view = (path) => ({ 'event.type': 'page.view', 'page.path': path });
const use = (component) => ({ 'ui.component.name': component });

const paid = { 'api.path': '/api/payments', 'api.status_code': [200, 201] };
const conversion = { 'event.type': 'journey.conversion' };

// No event is two steps of one funnel.
export const purchase = [view('/'), view('/products/kitchen'), use('AddToCartButton'), view('/checkout'), conversion];
export const payment = [view('/checkout/payment'), use('PayButton'), paid];
export const visit = [view('/products'), use('AddToCartButton'), use('CheckoutButton'), conversion];

export const conditions = (steps) => steps.map(conditionOf);
export const anyOf = (steps) => `(${conditions(steps).join(' OR ')})`;
