-- A small mail-order shop for the demonstration and the tests: about 8,000 rows, plain SQL for psql, no superuser needed.
--
--     createdb shop && psql -d shop -f demo/shop.sql
--
-- The same data every day except for one thing: dates hang on CURRENT_DATE, so that "last month" and "this year" have rows.
-- Orders cover the three years up to today, a little more of them every month. Nothing here is random: pg_temp.pick() below
-- mixes a row number and a salt by integer arithmetic, and gives the same on every server.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;

-- A whole number from 0 to below - 1. Multipliers are under 2^31, so that no product leaves bigint.
CREATE FUNCTION pg_temp.pick(row_number bigint, salt bigint, below bigint) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT ((c # (c >> 16)) % below)::integer
  FROM (SELECT (row_number * 1640531527 + salt * 374761393 + 668265263) % 2147483648) AS one(a),
       LATERAL (SELECT ((a # (a >> 15)) * 1274126177) % 2147483648) AS two(b),
       LATERAL (SELECT ((b # (b >> 13)) * 1103515245) % 2147483648) AS three(c)
$$;

CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'returned');
CREATE DOMAIN email_address AS text CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$');
CREATE DOMAIN euro AS numeric(10, 2) CHECK (VALUE >= 0);

CREATE TABLE countries (
  country_id integer PRIMARY KEY,
  iso_code   text NOT NULL UNIQUE,
  name       text NOT NULL UNIQUE,
  continent  text NOT NULL,
  eu_member  boolean NOT NULL
);

CREATE TABLE customers (
  customer_id integer PRIMARY KEY,
  first_name  text NOT NULL,
  last_name   text NOT NULL,
  email       email_address NOT NULL UNIQUE,
  phone       text,
  city        text NOT NULL,
  country_id  integer NOT NULL REFERENCES countries,
  birth_date  date,
  joined_on   date NOT NULL,
  newsletter  boolean NOT NULL,
  credit_limit euro
);

CREATE TABLE employees (
  employee_id integer PRIMARY KEY,
  first_name  text NOT NULL,
  last_name   text NOT NULL,
  job_title   text NOT NULL,
  department  text NOT NULL,
  manager_id  integer REFERENCES employees,
  hired_on    date NOT NULL,
  salary      euro NOT NULL
);

CREATE TABLE categories (
  category_id integer PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  description text
);

CREATE TABLE suppliers (
  supplier_id  integer PRIMARY KEY,
  company_name text NOT NULL UNIQUE,
  contact_name text,
  country_id   integer NOT NULL REFERENCES countries
);

CREATE TABLE products (
  product_id   integer PRIMARY KEY,
  name         text NOT NULL UNIQUE,
  category_id  integer NOT NULL REFERENCES categories,
  supplier_id  integer NOT NULL REFERENCES suppliers,
  price        euro NOT NULL,
  stock        integer NOT NULL,
  weight_g     integer,
  mhd_t        integer,
  discontinued boolean NOT NULL DEFAULT false,
  tags         text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE orders (
  order_id    integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customers,
  employee_id integer REFERENCES employees,
  ordered_on  date NOT NULL,
  shipped_on  date,
  status      order_status NOT NULL,
  channel     text NOT NULL CHECK (channel IN ('web', 'phone', 'store')),
  coupon_code text,
  total       euro NOT NULL
);

CREATE TABLE order_items (
  order_id   integer NOT NULL REFERENCES orders,
  product_id integer NOT NULL REFERENCES products,
  quantity   integer NOT NULL CHECK (quantity > 0),
  unit_price euro NOT NULL,
  PRIMARY KEY (order_id, product_id)
);

CREATE TABLE payments (
  payment_id integer PRIMARY KEY,
  order_id   integer NOT NULL REFERENCES orders,
  method     text NOT NULL,
  amount     euro NOT NULL,
  paid_at    timestamptz NOT NULL,
  refunded   boolean NOT NULL
);

CREATE TABLE reviews (
  review_id   integer PRIMARY KEY,
  product_id  integer NOT NULL REFERENCES products,
  customer_id integer NOT NULL REFERENCES customers,
  rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  body        text,
  written_on  date NOT NULL,
  UNIQUE (product_id, customer_id)
);

COMMENT ON TABLE customers IS 'People who have an account, also called clients or buyers';
COMMENT ON TABLE order_items IS 'What was bought in an order: its lines, one a product';
COMMENT ON TABLE employees IS 'Staff of the shop';
COMMENT ON TABLE suppliers IS 'Vendors that the shop buys its products from';
COMMENT ON COLUMN customers.newsletter IS 'Has subscribed to the newsletter';
COMMENT ON COLUMN customers.joined_on IS 'Day of registration (sign-up)';
COMMENT ON COLUMN employees.manager_id IS 'The employee that this one reports to (boss); NULL for the head of the shop';
COMMENT ON COLUMN employees.salary IS 'Gross pay a month in euro';
COMMENT ON COLUMN products.mhd_t IS 'Shelf life in days; NULL for products that do not spoil';
COMMENT ON COLUMN products.weight_g IS 'Weight in grams';
COMMENT ON COLUMN products.stock IS 'Units in the warehouse';
COMMENT ON COLUMN orders.total IS 'Revenue of the order in euro: the sum over its lines';
COMMENT ON COLUMN orders.employee_id IS 'Who took the order by phone or in the store; NULL for web orders';

INSERT INTO countries VALUES
  (1, 'DE', 'Germany', 'Europe', true), (2, 'FR', 'France', 'Europe', true), (3, 'GB', 'United Kingdom', 'Europe', false),
  (4, 'IT', 'Italy', 'Europe', true), (5, 'ES', 'Spain', 'Europe', true), (6, 'NL', 'Netherlands', 'Europe', true),
  (7, 'AT', 'Austria', 'Europe', true), (8, 'CH', 'Switzerland', 'Europe', false), (9, 'SE', 'Sweden', 'Europe', true),
  (10, 'PL', 'Poland', 'Europe', true), (11, 'PT', 'Portugal', 'Europe', true), (12, 'IE', 'Ireland', 'Europe', true),
  (13, 'US', 'United States', 'North America', false), (14, 'CA', 'Canada', 'North America', false),
  (15, 'JP', 'Japan', 'Asia', false), (16, 'IN', 'India', 'Asia', false), (17, 'BR', 'Brazil', 'South America', false),
  (18, 'CO', 'Colombia', 'South America', false), (19, 'ET', 'Ethiopia', 'Africa', false), (20, 'AU', 'Australia', 'Oceania', false);

INSERT INTO categories VALUES
  (1, 'Coffee', 'Beans and ground coffee'), (2, 'Tea', 'Loose leaf and bags'), (3, 'Chocolate', 'Bars and pralines'),
  (4, 'Cookware', 'Pots, pans and bakeware'), (5, 'Knives', 'Kitchen knives and sharpeners'), (6, 'Tableware', NULL),
  (7, 'Garden', 'Tools and seeds'), (8, 'Lighting', 'Lamps and candles'), (9, 'Books', 'Cookery books'), (10, 'Stationery', NULL);

INSERT INTO suppliers VALUES
  (1, 'Hafen Rösterei', 'Jens Petersen', 1), (2, 'Café de la Sierra', 'Luz Herrera', 18), (3, 'Abyssinia Export', 'Dawit Bekele', 19),
  (4, 'Darjeeling Gardens', 'Priya Sen', 16), (5, 'Uji Leaf', 'Haruto Mori', 15), (6, 'Maison Lacour', 'Claire Lacour', 2),
  (7, 'Zoutman & Zonen', NULL, 6), (8, 'Klinge Solingen', 'Uwe Brandt', 1), (9, 'Fonderia Rossi', 'Marco Rossi', 4),
  (10, 'Cerâmica do Porto', 'Inês Lopes', 11), (11, 'Green Thumb Ltd', 'Oliver Hughes', 3), (12, 'Ljus & Lykta', NULL, 9),
  (13, 'Tafelwerk Verlag', 'Sabine Vogt', 1), (14, 'Papeterie Duval', 'Hugo Duval', 2), (15, 'Alpenkräuter', 'Anna Gruber', 7);

INSERT INTO products (product_id, name, category_id, supplier_id, price, stock, weight_g, mhd_t, discontinued, tags)
SELECT row_number() OVER (), name, category_id, supplier_id, price, stock, weight_g, mhd_t, discontinued, tags::text[]
FROM (VALUES
  ('House Blend', 1, 1, 12.90, 140, 500, 365, false, '{bestseller}'), ('Dark Espresso', 1, 1, 14.50, 95, 500, 365, false, '{bestseller}'),
  ('Decaf Crema', 1, 1, 13.90, 32, 500, 365, false, '{}'), ('Sierra Nevada Filter', 1, 2, 16.80, 41, 250, 300, false, '{organic,fair trade}'),
  ('Huila Single Origin', 1, 2, 18.50, 0, 250, 300, false, '{organic}'), ('Yirgacheffe Natural', 1, 3, 19.90, 27, 250, 300, false, '{organic,fair trade}'),
  ('Sidamo Washed', 1, 3, 17.40, 18, 250, 300, false, '{fair trade}'), ('Harrar Longberry', 1, 3, 21.00, 6, 250, 300, true, '{}'),
  ('First Flush Darjeeling', 2, 4, 15.90, 38, 100, 720, false, '{organic}'), ('Assam Breakfast', 2, 4, 9.90, 84, 200, 720, false, '{bestseller}'),
  ('Masala Chai', 2, 4, 8.40, 66, 150, 540, false, '{}'), ('Earl Grey', 2, 4, 8.90, 71, 200, 720, false, '{}'),
  ('Sencha Green Tea', 2, 5, 13.20, 29, 100, 360, false, '{organic}'), ('Gyokuro', 2, 5, 32.00, 8, 50, 360, false, '{}'),
  ('Matcha Powder', 2, 5, 24.50, 22, 30, 180, false, '{organic}'), ('Genmaicha', 2, 5, 10.80, 0, 100, 360, true, '{}'),
  ('Alpine Herb Tea', 2, 15, 6.90, 53, 80, 540, false, '{organic}'), ('Peppermint Tea', 2, 15, 5.90, 47, 80, 540, false, '{}'),
  ('Dark Chocolate 70%', 3, 6, 4.90, 210, 100, 270, false, '{bestseller,vegan}'), ('Dark Chocolate 85%', 3, 6, 5.20, 130, 100, 270, false, '{vegan}'),
  ('Milk Chocolate with Sea Salt', 3, 6, 4.90, 155, 100, 240, false, '{}'), ('Hazelnut Pralines', 3, 6, 16.50, 24, 250, 90, false, '{gift}'),
  ('Champagne Truffles', 3, 6, 22.00, 15, 200, 60, false, '{gift}'), ('White Chocolate Raspberry', 3, 7, 5.40, 62, 100, 180, false, '{}'),
  ('Salted Liquorice', 3, 7, 3.60, 88, 150, 365, false, '{vegan}'), ('Stroopwafels', 3, 7, 4.20, 119, 300, 60, false, '{}'),
  ('Drinking Chocolate', 3, 7, 9.80, 35, 250, 365, false, '{}'), ('Cast Iron Skillet', 4, 9, 64.00, 21, 2400, NULL, false, '{}'),
  ('Copper Saucepan', 4, 9, 119.00, 7, 1300, NULL, false, '{}'), ('Stockpot 8 l', 4, 9, 79.00, 12, 2900, NULL, false, '{}'),
  ('Moka Pot', 4, 9, 34.90, 44, 600, NULL, false, '{bestseller}'), ('Pasta Machine', 4, 9, 72.50, 9, 3100, NULL, false, '{gift}'),
  ('Loaf Tin', 4, 9, 14.90, 50, 400, NULL, false, '{}'), ('Crêpe Pan', 4, 6, 29.90, 0, 900, NULL, false, '{}'),
  ('Madeleine Mould', 4, 6, 18.90, 13, 350, NULL, true, '{}'), ('Enamel Casserole', 4, 9, 149.00, 5, 4800, NULL, false, '{gift}'),
  ('Chef''s Knife', 5, 8, 89.00, 26, 260, NULL, false, '{bestseller}'), ('Bread Knife', 5, 8, 54.00, 19, 240, NULL, false, '{}'),
  ('Paring Knife', 5, 8, 24.00, 41, 80, NULL, false, '{}'), ('Santoku', 5, 5, 129.00, 11, 210, NULL, false, '{}'),
  ('Whetstone', 5, 5, 39.00, 17, 700, NULL, false, '{}'), ('Oyster Knife', 5, 6, 19.50, 4, 110, NULL, true, '{}'),
  ('Knife Block', 5, 8, 69.00, 8, 2600, NULL, false, '{}'), ('Espresso Cup', 6, 10, 7.50, 160, 180, NULL, false, '{}'),
  ('Cappuccino Cup', 6, 10, 9.50, 120, 260, NULL, false, '{}'), ('Teapot', 6, 10, 34.00, 23, 850, NULL, false, '{gift}'),
  ('Dinner Plate', 6, 10, 14.00, 96, 620, NULL, false, '{}'), ('Soup Bowl', 6, 10, 11.00, 72, 430, NULL, false, '{}'),
  ('Salad Bowl', 6, 10, 28.00, 18, 1100, NULL, false, '{}'), ('Water Carafe', 6, 12, 26.00, 0, 800, NULL, false, '{}'),
  ('Linen Napkins', 6, 14, 22.50, 37, 200, NULL, false, '{gift}'), ('Serving Tray', 6, 12, 31.00, 14, 1200, NULL, false, '{}'),
  ('Trowel', 7, 11, 13.50, 33, 300, NULL, false, '{}'), ('Pruning Shears', 7, 11, 27.90, 25, 270, NULL, false, '{}'),
  ('Watering Can', 7, 11, 36.00, 10, 1500, NULL, false, '{}'), ('Basil Seeds', 7, 15, 2.90, 240, 5, 900, false, '{organic}'),
  ('Tomato Seeds', 7, 15, 3.20, 185, 5, 900, false, '{organic}'), ('Wildflower Mix', 7, 15, 4.80, 76, 50, 900, false, '{organic}'),
  ('Herb Planter', 7, 11, 24.90, 16, 1900, NULL, false, '{gift}'), ('Garden Gloves', 7, 11, 12.00, 58, 120, NULL, false, '{}'),
  ('Bird Feeder', 7, 11, 19.90, 0, 650, NULL, true, '{}'), ('Beeswax Candle', 8, 12, 11.90, 64, 220, NULL, false, '{gift}'),
  ('Storm Lantern', 8, 12, 42.00, 12, 1400, NULL, false, '{}'), ('Reading Lamp', 8, 12, 87.00, 7, 2100, NULL, false, '{}'),
  ('Paper Lampshade', 8, 5, 38.50, 9, 300, NULL, false, '{}'), ('Fairy Lights', 8, 12, 17.90, 81, 250, NULL, false, '{}'),
  ('Tea Lights', 8, 12, 6.50, 133, 400, NULL, false, '{}'), ('Oil Lamp', 8, 12, 29.00, 3, 750, NULL, true, '{}'),
  ('The Bread Book', 9, 13, 29.90, 20, 980, NULL, false, '{}'), ('One Pot Suppers', 9, 13, 24.90, 31, 870, NULL, false, '{bestseller}'),
  ('Coffee at Home', 9, 13, 19.90, 28, 610, NULL, false, '{gift}'), ('A Year of Soups', 9, 13, 22.00, 17, 740, NULL, false, '{}'),
  ('Vegetables First', 9, 13, 26.50, 24, 900, NULL, false, '{vegan}'), ('The Tea Companion', 9, 13, 18.00, 0, 520, NULL, true, '{}'),
  ('Recipe Notebook', 10, 14, 16.90, 45, 380, NULL, false, '{gift}'), ('Shopping List Pad', 10, 14, 5.50, 98, 150, NULL, false, '{}'),
  ('Fountain Pen', 10, 14, 48.00, 11, 60, NULL, false, '{gift}'), ('Letter Paper', 10, 14, 12.50, 52, 320, NULL, false, '{}'),
  ('Spice Labels', 10, 14, 4.50, 147, 20, NULL, false, '{}'), ('Kitchen Calendar', 10, 13, 14.00, 39, 450, NULL, false, '{}')
) AS p(name, category_id, supplier_id, price, stock, weight_g, mhd_t, discontinued, tags);

INSERT INTO employees (employee_id, first_name, last_name, job_title, department, manager_id, hired_on, salary)
SELECT id, first_name, last_name, job_title, department, manager_id, CURRENT_DATE - days_ago, salary
FROM (VALUES
  (1, 'Helga', 'Brinkmann', 'Managing Director', 'Management', NULL, 5200, 9800),
  (2, 'Tomás', 'Silva', 'Head of Sales', 'Sales', 1, 4100, 6900), (3, 'Ruth', 'Okafor', 'Head of Purchasing', 'Purchasing', 1, 3900, 6700),
  (4, 'Piotr', 'Nowak', 'Head of Logistics', 'Logistics', 1, 3300, 6100), (5, 'Mei', 'Tanaka', 'Head of Finance', 'Finance', 1, 2900, 7100),
  (6, 'Lena', 'Hartmann', 'Store Manager', 'Sales', 2, 2700, 4600), (7, 'George', 'O''Brien', 'Phone Sales Lead', 'Sales', 2, 2400, 4300),
  (8, 'Fatima', 'Zahra', 'Sales Assistant', 'Sales', 6, 1900, 3100), (9, 'Jonas', 'Lindqvist', 'Sales Assistant', 'Sales', 6, 1500, 3000),
  (10, 'Chiara', 'Bianchi', 'Sales Assistant', 'Sales', 6, 1180, 2800), (11, 'Dieter', 'Schulz', 'Sales Agent', 'Sales', 7, 2200, 3300),
  (12, 'Amélie', 'Roux', 'Sales Agent', 'Sales', 7, 1300, 3200), (13, 'Sam', 'Whitfield', 'Sales Agent', 'Sales', 7, 1250, 2900),
  (14, 'Ingrid', 'Holm', 'Buyer', 'Purchasing', 3, 2600, 4200), (15, 'Carlos', 'Mendoza', 'Buyer', 'Purchasing', 3, 1100, 3900),
  (16, 'Yusuf', 'Demir', 'Warehouse Lead', 'Logistics', 4, 2500, 3800), (17, 'Nina', 'Kowalska', 'Packer', 'Logistics', 16, 1700, 2600),
  (18, 'Ben', 'Fischer', 'Packer', 'Logistics', 16, 900, 2500), (19, 'Aisha', 'Diallo', 'Packer', 'Logistics', 16, 240, 2400),
  (20, 'Viktor', 'Hansen', 'Driver', 'Logistics', 4, 1400, 2700), (21, 'Laura', 'Meier', 'Accountant', 'Finance', 5, 2100, 4400),
  (22, 'Peter', 'Novák', 'Accountant', 'Finance', 5, 600, 4000), (23, 'Emma', 'Clarke', 'Apprentice', 'Finance', 21, 150, 1300),
  (24, 'Noah', 'Weber', 'Apprentice', 'Logistics', 16, 130, 1300)
) AS e(id, first_name, last_name, job_title, department, manager_id, days_ago, salary);

-- Customers 1 to 100 are older than the first order; of the others, one joins every six orders (see the orders below).
WITH place(number, country_id, cities) AS (
  SELECT row_number() OVER (), country_id, cities
  FROM (VALUES
    (1, '{Berlin,Hamburg,Munich,Cologne,Leipzig,Frankfurt}'::text[], 7), (2, '{Paris,Lyon,Marseille,Lille}', 4),
    (3, '{London,Manchester,Edinburgh,Bristol}', 4), (4, '{Rome,Milan,Turin}', 2), (5, '{Madrid,Barcelona,Valencia}', 2),
    (6, '{Amsterdam,Utrecht}', 2), (7, '{Vienna,Graz,Salzburg}', 3), (8, '{Zurich,Basel}', 2), (9, '{Stockholm,Malmö}', 1),
    (10, '{Warsaw,Kraków}', 1), (12, '{Dublin,Cork}', 1), (13, '{New York,Chicago,Portland}', 2), (14, '{Toronto,Montréal}', 1),
    (15, '{Tokyo}', 1), (20, '{Sydney,Melbourne}', 1)) AS v(country_id, cities, weight), generate_series(1, weight)
), names(first_names, last_names) AS (
  VALUES ('{Anna,Paul,Marie,Lukas,Sophie,Max,Julia,Felix,Laura,David,Clara,Thomas,Eva,Simon,Lisa,Daniel,Nora,Jan,Alice,Oscar,Emily,Henry,Grace,Jack,Camille,Louis,Giulia,Matteo,Lucía,Pablo,Sanne,Bram,Astrid,Erik,Zofia,Jakub,Yuki,Kenji,Olivia,Liam}'::text[],
          '{Müller,Schmidt,Weber,Wagner,Becker,Hoffmann,Koch,Richter,Klein,Wolf,Martin,Bernard,Dubois,Moreau,Laurent,Smith,Jones,Taylor,Brown,Wilson,Evans,Walker,Wright,Rossi,Ferrari,Russo,García,Fernández,López,de Vries,van Dijk,Jansen,Gruber,Huber,Andersson,Nilsson,Kowalski,Murphy,Sato,Miller,Davis}'::text[])
)
INSERT INTO customers
SELECT id, first_name, last_name,
       lower(translate(first_name || '.' || last_name, 'üöäßíéáół ', 'uoasieaol')) || id || '@example.' || (ARRAY['com', 'org', 'net'])[1 + pg_temp.pick(id, 4, 3)],
       CASE WHEN pg_temp.pick(id, 5, 10) < 7 THEN '+' || (30 + pg_temp.pick(id, 6, 20)) || ' ' || (1000000 + pg_temp.pick(id, 7, 8999999)) END,
       cities[1 + pg_temp.pick(id, 8, cardinality(cities))], country_id,
       CASE WHEN pg_temp.pick(id, 9, 8) > 0 THEN DATE '1948-05-02' + pg_temp.pick(id, 10, 21000) END,
       CURRENT_DATE - CASE WHEN id <= 100 THEN 1100 + (100 - id) * 8
                           ELSE 1 + floor(1095 * (1 - power((id - 100) * 6 / 1800.0, 0.8)))::integer END,
       pg_temp.pick(id, 11, 100) < 55,
       CASE WHEN pg_temp.pick(id, 12, 4) = 0 THEN 500 * (1 + pg_temp.pick(id, 13, 10)) END
FROM generate_series(1, 400) AS id, names,
     LATERAL (SELECT first_names[1 + pg_temp.pick(id, 1, cardinality(first_names))],
                     last_names[1 + pg_temp.pick(id, 2, cardinality(last_names))]) AS n(first_name, last_name),
     LATERAL (SELECT country_id, cities FROM place WHERE number = 1 + pg_temp.pick(id, 3, (SELECT count(*) FROM place))) AS p;

-- Order n is as old as its number tells; only customers who had joined by then buy, early ones more often, every ninth one never.
INSERT INTO orders
SELECT n, customer, CASE channel WHEN 'phone' THEN 11 + pg_temp.pick(n, 25, 3) WHEN 'store' THEN 8 + pg_temp.pick(n, 26, 3) END,
       CURRENT_DATE - age,
       CASE WHEN status IN ('shipped', 'delivered', 'returned') THEN CURRENT_DATE - greatest(0, age - 1 - pg_temp.pick(n, 27, 4)) END,
       status::order_status, channel, CASE WHEN pg_temp.pick(n, 28, 12) = 0 THEN (ARRAY['WELCOME10', 'SPRING', 'FRIENDS'])[1 + pg_temp.pick(n, 29, 3)] END, 0
FROM generate_series(1, 1800) AS n,
     LATERAL (SELECT floor(1095 * (1 - power(n / 1800.0, 0.8)))::integer) AS a(age),
     LATERAL (SELECT least(pg_temp.pick(n, 21, 96 + n / 6), pg_temp.pick(n, 22, 96 + n / 6))) AS l(lucky),
     LATERAL (SELECT 1 + lucky - CASE WHEN (1 + lucky) % 9 = 0 THEN 1 ELSE 0 END) AS c(customer),
     LATERAL (SELECT (ARRAY['web', 'web', 'web', 'phone', 'store'])[1 + pg_temp.pick(n, 23, 5)]) AS h(channel),
     LATERAL (SELECT CASE WHEN pg_temp.pick(n, 24, 100) < 7 THEN 'cancelled' WHEN age < 2 THEN 'pending' WHEN age < 4 THEN 'paid'
                          WHEN age < 9 THEN 'shipped' WHEN pg_temp.pick(n, 24, 100) < 12 THEN 'returned' ELSE 'delivered' END) AS s(status);

-- One to four lines an order. The last seven products never sell, and prices were a tenth lower until a year ago.
INSERT INTO order_items
SELECT DISTINCT ON (order_id, product_id) order_id, product_id, 1 + least(pg_temp.pick(order_id * 4 + line, 32, 6), pg_temp.pick(order_id * 4 + line, 33, 6)),
       CASE WHEN ordered_on < CURRENT_DATE - 365 THEN round(price * 0.9, 1) ELSE price END
FROM orders, LATERAL generate_series(1, 1 + pg_temp.pick(order_id, 30, 4)) AS line
JOIN LATERAL (SELECT product_id, price FROM products
              WHERE product_id = 1 + (pg_temp.pick(order_id * 4 + line, 31, 73) * (1 + pg_temp.pick(order_id * 4 + line, 34, 3))) / 3) AS p ON true
ORDER BY order_id, product_id, line;

UPDATE orders SET total = t.total FROM (SELECT order_id, sum(quantity * unit_price) AS total FROM order_items GROUP BY order_id) AS t
WHERE t.order_id = orders.order_id;

INSERT INTO payments
SELECT row_number() OVER (ORDER BY order_id), order_id,
       (ARRAY['card', 'card', 'card', 'paypal', 'paypal', 'bank transfer', 'cash'])[1 + pg_temp.pick(order_id, 40, CASE channel WHEN 'store' THEN 7 ELSE 6 END)],
       total, ordered_on + make_interval(hours => 8 + pg_temp.pick(order_id, 41, 13), mins => pg_temp.pick(order_id, 42, 60)), status = 'returned'
FROM orders WHERE status NOT IN ('pending', 'cancelled');

INSERT INTO reviews
SELECT row_number() OVER (ORDER BY written_on, order_id, product_id), product_id, customer_id, rating,
       CASE WHEN pg_temp.pick(order_id * 90 + product_id, 53, 3) > 0
            THEN (ARRAY['Broken on arrival.', 'Not what I expected.', 'It is all right.', 'Good value, quick delivery.', 'Excellent, will buy again!'])[rating] END, written_on
FROM (SELECT DISTINCT ON (product_id, customer_id) product_id, customer_id, order_id,
             5 - least(pg_temp.pick(order_id * 90 + product_id, 51, 5), pg_temp.pick(product_id, 52, 5)) AS rating,
             least(CURRENT_DATE, shipped_on + 3 + pg_temp.pick(order_id, 54, 25)) AS written_on
      FROM orders JOIN order_items USING (order_id)
      WHERE status IN ('delivered', 'returned') AND pg_temp.pick(order_id * 90 + product_id, 50, 5) = 0
      ORDER BY product_id, customer_id, order_id) AS r;

CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (ordered_on);
CREATE INDEX ON order_items (product_id);
DROP FUNCTION pg_temp.pick;
COMMIT;
ANALYZE countries, customers, employees, categories, suppliers, products, orders, order_items, payments, reviews;
