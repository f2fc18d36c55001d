-- About 1 GB of mixed rows: prose, time series, figures, labels, JSON, and bytes that do not compress.
select setseed(0.2026);
set synchronous_commit = off;

create function pg_temp.prose(words integer) returns text language sql volatile as $$
  select string_agg(
    (array['le', 'la', 'les', 'un', 'une', 'des', 'de', 'du', 'à', 'au', 'et', 'ou', 'que', 'qui', 'ne', 'pas', 'plus',
           'très', 'dans', 'pour', 'avec', 'sans', 'sur', 'après', 'été', 'ville', 'quartier', 'mairie', 'élève',
           'école', 'marché', 'énergie', 'chauffage', 'électricité', 'loyer', 'prix', 'hausse', 'baisse', 'habitant',
           'associé', 'réunion', 'décision', 'travaux', 'piste', 'cyclable', 'forêt', 'rivière', 'février', 'août',
           'aujourd’hui', 'l’année', 'd’abord', 'c’est', 'n’est', 'peut-être', 'œuvre', 'cœur', 'français', '«', '»', '.',
           ',', ';', '—'])[1 + floor(random() * random() * 64)]
      || case when random() < 0.05 then ' ' || (random() * 1e6)::integer else '' end, ' ')
    from generate_series(1, words)
$$;

create table t04_document (
  id_document integer primary key,
  titre       text not null,
  texte       text not null,
  publie_le   date,
  empreinte   char(32) not null,
  attributs   jsonb
);
insert into t04_document
select n, pg_temp.prose(7), pg_temp.prose(60 + n % 40), date '2015-01-01' + n % 4000, md5(n::text),
       jsonb_build_object('langue', 'fr', 'score', round(random()::numeric, 4), 'source', n % 40)
  from generate_series(1, 620000) n;

create table t08_indicateur (
  id_indicateur bigint primary key,
  id_territoire integer not null,
  libelle       varchar(100) not null,
  annee         smallint not null,
  valeur        numeric not null,
  unite         varchar(20)
);
insert into t08_indicateur
select n, n % 35000, (array['Taux de chômage', 'Revenu médian', 'Abstention', 'Population'])[1 + n % 4], 2000 + n % 25,
       round((random() * 100000)::numeric, 3), (array['%', '€/an', null, 'habitants'])[1 + n % 4]
  from generate_series(1, 2000000) n;

create table t09_meteo (
  id_territoire integer not null,
  observee_le   timestamptz not null,
  temperature   numeric(4, 1),
  pression      double precision,
  ciel          text,
  primary key (id_territoire, observee_le)
);
insert into t09_meteo
select n % 400, timestamptz '2020-01-01 00:00:00Z' + (n / 400) * interval '10 min',
       round((12 + 9 * sin(n / 52000.0) + random() * 3)::numeric, 1), 980 + 50 * random(),
       (array['éclaircies', 'pluie', 'grand soleil', 'brouillard', null])[1 + floor(random() * 5)]
  from generate_series(1, 3000000) n;

create table t10_annotation (
  id_annotation uuid primary key,
  id_document   integer not null,
  sentiment     varchar(10) not null,
  scores        real[] not null,
  remarque      text
);
insert into t10_annotation
select md5(n::text)::uuid, 1 + n % 620000, (array['positif', 'neutre', 'négatif'])[1 + n % 3],
       array[random(), random(), random()]::real[], case when n % 5 = 0 then pg_temp.prose(12) end
  from generate_series(1, 900000) n;

create table t11_piece_jointe (id_piece integer primary key, contenu bytea not null);
alter table t11_piece_jointe alter contenu set storage external;
insert into t11_piece_jointe
select n, (select string_agg(sha512((n || '-' || part)::bytea), '') from generate_series(1, 128) part)
  from generate_series(1, 5000) n;
