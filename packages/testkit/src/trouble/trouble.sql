-- The trouble database: what makes dumps and restores fail in practice, in one place.
--
--   psql -X -1 -v ON_ERROR_STOP=1 --set superuser=on --set large_objects=on
--        --set owner=… --set reader=… --set missing=… -f trouble.sql an_empty_utf8_database
--
-- PostgreSQL 15 or newer with the contrib modules hstore and citext, ICU and libxml. All roles exist already.
-- owner    owns most objects. With superuser=off it runs the script, and must own the database.
-- reader   is named by privileges and policies: a policy needs its role even under --no-owner --no-privileges.
-- missing  is named by nothing but owners and privileges: what --no-owner --no-privileges can do without.
--
-- Everything here survives plain pg_dump and pg_restore; trouble.int.test.ts proves it. What does not is listed at the
-- end. It does not survive --clean in one transaction (partitioned primary keys, the view par_cle) nor --inserts without
-- --column-inserts (inheritance).

set client_encoding = 'UTF8';
set client_min_messages = warning;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set lc_monetary = 'C';

-- The settings of a database are lost in a dump of it, but decide how its values read meanwhile.
select format('alter database %I set %s', current_database(), setting)
  from unnest(array[
    'datestyle = ''SQL, DMY''', 'intervalstyle = ''sql_standard''', 'timezone = ''Asia/Kolkata''',
    'bytea_output = ''escape''', 'extra_float_digits = -3', 'search_path = trouble, public']) as setting
\gexec
select format('comment on database %I is %L', current_database(), E'La base à ennuis\n\\connect ailleurs') \gexec

-------------------------------------------------------------------------------------------------------------------
-- Schemas, extensions, default privileges
-------------------------------------------------------------------------------------------------------------------

create schema trouble authorization :"owner";
create schema noms authorization :"owner";
-- A schema whose name needs quotes of both kinds, and holds tables of the same names as another.
create schema "L'autre ""schéma"".trouble $1 %I" authorization :"owner";
create schema extensions;
grant usage on schema extensions to public;

-- Outside of search_path: operators and types must come out qualified. Their comments belong to the extensions.
create extension hstore schema extensions;
create extension citext schema extensions;
comment on extension hstore is 'un commentaire qui n''est pas celui de l''extension';

-- The schema that every database has already, with other privileges than every database.
comment on schema public is 'pas le commentaire d''origine';
grant usage on schema public to :"reader";

set role :"owner";
set search_path = trouble, extensions;

-- In force while the objects below are made; others are in force at the end. Only the objects' own privileges count.
alter default privileges for role :"owner" in schema trouble grant select on tables to :"reader" with grant option;
alter default privileges for role :"owner" revoke execute on functions from public;

-------------------------------------------------------------------------------------------------------------------
-- Types
-------------------------------------------------------------------------------------------------------------------

-- A value in the middle has a fractional sort order; one was renamed; one is empty, one full of quotes.
create type statut as enum ('brouillon', 'publie', '', 'l''"état"\');
alter type statut add value 'relu' before 'publie';
alter type statut rename value 'publie' to 'publié';
-- A value that was added may be used only once it is committed.
commit;
begin;

-- An attribute was dropped, so that attribute numbers have a gap.
create type adresse as (rue text collate "C", disparu int, ville text, "code postal" varchar(5));
alter type adresse drop attribute disparu;
comment on type adresse is 'une adresse';
comment on column adresse."code postal" is 'cinq chiffres; pas six';

-- The check runs on each value of COPY; the default is not in the rows.
create domain courriel as text collate "C" default 'personne@exemple.fr' not null
  constraint "a un @" check (value ~ '@');
comment on domain courriel is 'RFC 5322, à peu près';
comment on constraint "a un @" on domain courriel is 'au moins un';
create domain adresse_complete as adresse check (value is null or (value).ville is not null);
create domain matrice as int[] check (array_ndims(value) <= 2);
-- Rows violate its check, which is NOT VALID: it may only be added after the rows.
create domain ancien as text;

-- The function must be restored before the type, the type before its multirange is used.
create function ecart_secondes(time, time) returns float8
  language sql immutable strict parallel safe as 'select extract(epoch from $1 - $2)::float8';
create type plage_horaire as range (
  subtype = time, subtype_diff = ecart_secondes, multirange_type_name = "Plages horaires");

-- A nondeterministic collation decides what a unique index takes for equal.
create collation sans_casse (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create collation "du C" from "C";
comment on collation sans_casse is 'é = É';

-------------------------------------------------------------------------------------------------------------------
-- Functions, aggregates, operators, casts, text search
-------------------------------------------------------------------------------------------------------------------

-- Their bodies are parse trees: psql must find the END that ends them.
create function mention(note int) returns text language sql immutable parallel safe
begin atomic
  select case when note >= 16 then case note when 20 then 'parfait' else 'très bien' end else 'passable' end;
end;
create function sans_accent(text) returns text language sql immutable strict parallel safe
  return lower(translate($1, 'éèêÉÈÊ', 'eeeEEE'));

-- Text in a body that a reader line by line takes for the dump's own: the end of COPY, a command, a comment.
create function boite_de_pandore(début text default E'a\\b''c') returns text language plpgsql as $corps$
declare
  texte text := $$ un 'texte' dans $ un $$ || $autre$ des $$dollars$$ $autre$;
begin
  texte := texte || '
\.
COPY public.t (a, b) FROM stdin;
1	2
\.
\connect ailleurs
\! exit 1
-- Name: t; Type: TABLE; Schema: public; Owner: postgres
COMMIT;
\unrestrict x
DROP TABLE t; ';
  -- COMMIT; ROLLBACK; \.
  return début || texte || E'\\' || '\';
end;
$corps$;
comment on function boite_de_pandore(text) is E'''; drop table t; --\n\\.\n\\connect ailleurs\nCOMMIT;';

-- The same name four times, told apart by its arguments alone.
create function surcharge(a int) returns int language sql as 'select a';
create function surcharge(a bigint, b int default 1 + 1) returns int language sql as 'select 2';
create function surcharge(variadic a text[]) returns int language sql as 'select cardinality(a)';
create function surcharge(a anycompatible, b anycompatiblearray, out c int, out "d é" text) language sql
  as $$ select 1, 'd' $$;

-- Settings of a function hold lists and quotes; pg_dump must not quote a list as one word.
create function reglages() returns table (n int, "ligne suivante" text) language plpgsql stable security definer
  cost 3.5 rows 42 parallel restricted
  set search_path to trouble, "L'autre ""schéma"".trouble $1 %I", pg_temp
  set datestyle to 'SQL, DMY' set work_mem to '5MB'
  as 'begin return query select 1, current_setting(''search_path''); end';
grant execute on function reglages() to :"reader" with grant option;

-- Its table does not exist: only check_function_bodies = off restores it.
set check_function_bodies = off;
create function sans_table() returns bigint language sql as 'select count(*) from disparue';
set check_function_bodies = on;

create procedure par_lots(inout n int) language plpgsql as 'begin n := n + 1; commit; end';
create procedure "Faire; rien"() language sql begin atomic end;
comment on procedure par_lots(int) is 'valide sa transaction';

-- What tables below call in a default, a check and a column.
create sequence numeros;
create function prochain_code() returns text language sql as $$ select 'C-' || nextval('trouble.numeros') $$;
create function est_pair(int) returns bool language plpgsql immutable as 'begin return $1 % 2 = 0; end';

create aggregate produit(numeric) (
  sfunc = numeric_mul, stype = numeric, initcond = '1', combinefunc = numeric_mul, parallel = safe);
create function garder(anyelement, anyelement) returns anyelement language sql immutable as 'select $2';
create aggregate dernier(anyelement) (sfunc = garder, stype = anyelement, finalfunc_modify = shareable);
create aggregate effectif(*) (sfunc = int8inc, stype = int8, initcond = '0');
comment on aggregate effectif(*) is 'sans argument';

-- Its own commutator; named like the beginning of a comment's end.
create function meme_texte(text, text) returns bool language sql immutable
  return trouble.sans_accent($1) = trouble.sans_accent($2);
create operator === (leftarg = text, rightarg = text, function = meme_texte, commutator = ===, restrict = eqsel);
create function est_vide(text) returns bool language sql immutable return $1 = '';
create operator ?!~ (rightarg = text, function = est_vide);
comment on operator === (text, text) is 'égaux sans accents';
comment on operator ?!~ (none, text) is 'préfixe';

create function adresse_en_texte(adresse) returns text language sql immutable as $$ select $1.rue || ', ' || $1.ville $$;
create cast (adresse as text) with function adresse_en_texte(adresse) as assignment;
comment on cast (adresse as text) is 'sur une ligne';

create text search dictionary mots_simples (template = simple, accept = false);
create text search configuration recherche (copy = pg_catalog.french);
alter text search configuration recherche alter mapping for asciiword with mots_simples, french_stem;
comment on text search configuration recherche is 'du français, sans plus';

create conversion utf8_vers_latin1 for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1;

-------------------------------------------------------------------------------------------------------------------
-- Sequences
-------------------------------------------------------------------------------------------------------------------

create sequence jamais_servie start 5;
-- Called, and at its first value all the same: last_value alone does not tell them apart.
create sequence servie_une_fois start 5;
select nextval('servie_une_fois');
-- Past its end, so that the last value is lower than the one before.
create sequence cyclique as smallint minvalue -2 maxvalue 2 start 1 cycle;
select nextval('cyclique') from generate_series(1, 3);
create sequence descendante increment -3 minvalue -100 maxvalue -1 start -1 cache 20;
select nextval('descendante') from generate_series(1, 2);
-- Nothing may be drawn from it any more.
create sequence epuisee maxvalue 2;
select nextval('epuisee') from generate_series(1, 2);
create sequence reposee;
select setval('reposee', 9223372036854775807, false);
create unlogged sequence volatile_;
comment on sequence cyclique is 'tourne en rond';
grant usage on sequence cyclique to :"reader";

-- Two tables draw from one sequence, which neither owns.
create sequence partagee;
create table guichet_a (numero bigint default nextval('partagee') primary key, nom text);
create table guichet_b (numero int default nextval('partagee')::int, nom text);
insert into guichet_a (nom) values ('a1'), ('a2');
insert into guichet_b (nom) values ('b3');
insert into guichet_a (nom) values ('a4');

-- Owned by a column that does not draw from it; and a serial whose table was renamed since.
create sequence possedee;
create table proprietaire (id serial, autre int default 0);
alter sequence possedee owned by proprietaire.autre;
insert into proprietaire default values;
alter table proprietaire rename to "Propriétaire";

-------------------------------------------------------------------------------------------------------------------
-- Tables
-------------------------------------------------------------------------------------------------------------------

-- Rows without a column are lines without a character in COPY.
create table sans_colonne ();
insert into sans_colonne default values;
insert into sans_colonne default values;
insert into sans_colonne default values;
create table sans_ligne (id int primary key, note text default 'jamais');
create unlogged table hors_journal (id int primary key, note text);
insert into hors_journal values (1, 'dumped all the same'), (2, null);

-- Dropped columns leave gaps, also first and last; one was filled. A column came back with another type.
create table colonnes_perdues (perdue int, a text, perdue2 text not null default 'x', b int, perdue3 int);
insert into colonnes_perdues values (1, 'avant', 'y', 2, 3);
alter table colonnes_perdues drop column perdue, drop column perdue2, drop column perdue3;
alter table colonnes_perdues add column perdue bool default true;
insert into colonnes_perdues values ('après', 3, false), (null, null, null);
-- Its only column is gone, its rows are not.
create table plus_de_colonne (perdue int);
insert into plus_de_colonne values (1), (2);
alter table plus_de_colonne drop column perdue;

-- Wide rows: stored out of line, compressed, neither, by the column's own settings; longer than any COPY buffer.
create table larges (
  id int primary key, dehors text, dehors_brut text, serre text compression pglz, octets bytea
) with (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false, toast_tuple_target = 256);
alter table larges alter dehors_brut set storage external, alter serre set storage main,
  alter dehors set statistics 500, alter serre set (n_distinct = -0.5);
insert into larges
  select n, string_agg(md5(n || '-' || i), '' order by i), repeat(E'\\x\t\n', 40000), repeat('long ', 100000),
         decode(string_agg(md5(i || '-' || n), '' order by i), 'hex')
    from generate_series(1, 2) n, generate_series(1, 20000) i group by n;

-- Columns that the rows in a dump do not carry, or whose values the server would rather choose.
create table calcules (
  id int generated always as identity (start 1000 increment -7 minvalue -5000 maxvalue 2000),
  autre bigint generated by default as identity (sequence name "Numéros d'autre" start 3 minvalue 3 maxvalue 5 cycle),
  prix numeric(10, 2),
  ttc numeric generated always as (round(prix * 1.2, 2)) stored,
  mots tsvector generated always as (to_tsvector('trouble.recherche', coalesce(nom, ''))) stored,
  nom text default upper(prochain_code()),
  code text not null default prochain_code()
);
insert into calcules (prix) values (1), (2.5), (null), (99999999.99);
insert into calcules (id, prix, nom) overriding system value values (-1, 0, 'des éléphants d''Asie');
alter table calcules alter autre drop identity, alter autre add generated by default as identity (start 70);

-- A table of a type takes its columns from there; a column may have a table's row type.
create table adresses of adresse (primary key (rue), ville with options not null default 'Lyon');
insert into adresses values ('1 rue, "A"', 'Paris', '75001'), ('\', '(', null);
create table lignes (id int, une colonnes_perdues, toutes colonnes_perdues[]);
insert into lignes select 1, c, array[c, null] from colonnes_perdues c where a = 'avant';

-------------------------------------------------------------------------------------------------------------------
-- Values
-------------------------------------------------------------------------------------------------------------------

-- NULL and '' and '\N' differ; '\.' ends COPY; each control character is written in a way of its own.
create table textes (id int generated always as identity primary key, valeur text, fixe char(5), court varchar(3),
  octets bytea, "un" "char", nom name);
insert into textes (valeur) values (null), (''), ('\N'), ('NULL'), ('\.'), (E'\\.\n'), (E'a\n\\.\nb'), ('\'), ('\\'),
  (E'\t'), (E'\r'), (E'\n'), (E'\r\n'), (E'\b\f\v\x01\x7f'), (' '), (E'a\tb'), (U&'\FEFFbom'), (U&'e\0301 \00e9'),
  (U&'\+01F418'), (U&'\2028\202Eevers'), (E'\x1b[31mrouge'), ('''; drop table textes; --'), ('$$'), (':owner'), ('%s%n');
insert into textes (valeur, fixe, court, octets, "un", nom) values
  ('fixe', 'ab', '  ', '\x00ff5c2e0a', 'é', 'nom'), ('vide', '', '', '', '', ''), ('brut', '\', '\\', '\\134', '\', '\');

create table nombres (id int generated always as identity primary key, n numeric, arrondi numeric(5, -2), d float8,
  s real, b bigint, i int, p smallint, argent money, vrai bool, bits bit(4), bitsv bit varying);
insert into nombres (n, d, s) values ('NaN', 'NaN', 'NaN'), ('Infinity', 'Infinity', 'infinity'),
  ('-Infinity', '-Infinity', '-infinity'), (0, '-0', '-0'), (1.10, 0.1::float8 + 0.2::float8, 0.1),
  (repeat('9', 100)::numeric, 5e-324, 1e-45), (-('0.' || repeat('0', 99) || '7')::numeric, 1.7976931348623157e308, 3.4028235e38);
insert into nombres (arrondi, b, i, p, argent, vrai, bits, bitsv) values
  (123456, -9223372036854775808, -2147483648, -32768, '-92233720368547758.08', true, b'1010', b''),
  (null, 9223372036854775807, 2147483647, 32767, '1234567.89', false, b'0000', b'1');

-- Written by DateStyle, IntervalStyle and TimeZone, which the database sets otherwise.
create table instants (id int generated always as identity primary key, t timestamp, tz timestamptz(6), d date,
  h time, hz timetz, duree interval, court interval day to minute);
insert into instants (t, tz, d, h, hz, duree, court) values
  ('infinity', '-infinity', '-infinity', '24:00', '24:00-15:59', '-1 mon +3 days -04:05:06.789', '1 day 02:03'),
  ('4713-11-24 00:00 BC', '294276-12-31 23:59:59.999999Z', '5874897-12-31', '00:00:00.000001', '12:34:56.7+05:30',
   '178000000 years', '0'),
  ('2026-10-25 02:30', '2026-10-25 02:30+02', '0001-01-01 BC', '23:59:60', '02:30+02', '1 year 2 mons -3 days', null),
  ('2026-03-29 02:30', '1891-03-15 00:00:00.123+00:09:21', '2026-02-28', null, null, '-0.000001 sec', null);

-- Spacing and duplicate keys of json are part of the value, unlike those of jsonb.
create table documents (id int generated always as identity primary key, j json, jb jsonb, chemin jsonpath, x xml,
  h hstore, c citext unique);
insert into documents (j, jb, chemin, x, h, c) values
  (E'{ "a" : 1,\t"a":2,\n "\\u0041" : 1.0e1 }', '{"b": 1.000, "a": [null, "\\", "\""], "a": 2}', '$."a b"[*] ? (@ > 1)',
   E'<a b="é">\n<![CDATA[ \\. ]]></a>', '"a b"=>"1, \"x\" => ", c=>NULL, ""=>""', 'ÉtÉ'),
  ('null', 'null', 'lax $', '<?xml version="1.0" encoding="UTF-8"?><r/>', '', ''),
  ('"\u0000"', '"\ud83d\udc18"', null, 'du contenu, pas <b>un</b> document', null, null);

-- Bounds other than 1, NULL beside "NULL", quotes within quotes within quotes.
create table tableaux (id int generated always as identity primary key, i int[], t text[], a adresse[], s statut[],
  m matrice, d courriel[], complete adresse_complete);
insert into tableaux (i, t, a, s, m, d, complete) values
  ('[2:3][-1:0]={{1,NULL},{NULL,4}}', array['NULL', null, '', '\', '"', ',', '{}', ' ', E'\n\\.\n', 'nul'],
   array[row('1 "rue", (A)', '\', null), null]::adresse[], '{"",NULL,publié,"l''\"état\"\\"}', '{{1,2},{3,4}}',
   '{a@b,"c d@e"}', row('', 'Lyon', '')),
  ('{}', '{}', '{}', '{}', '{}', '{}', null), ('[0:0]={7}', '[5:6]={a,b}', null, null, null, null, null);

create table divers (id int generated always as identity primary key, s statut, c courriel, a ancien, u uuid,
  ip inet, reseau cidr, mac macaddr, mac8 macaddr8, pt point, poly polygon, cercle circle, ligne line, boite box,
  trace path, seg lseg, v tsvector, q tsquery, r int4range, nr numrange, mr datemultirange, ph plage_horaire,
  phs "Plages horaires", o oid, rc regclass, rt regtype, rp regprocedure, rn regnamespace, rcfg regconfig,
  lsn pg_lsn, snap pg_snapshot, x xid8);
insert into divers (s, c, a, u, ip, reseau, mac, mac8, pt, poly, cercle, ligne, boite, trace, seg, v, q, r, nr, mr, ph,
    phs, o, rc, rt, rp, rn, rcfg, lsn, snap, x) values
  ('relu', 'é@b', 'un', '00000000-0000-0000-0000-000000000000', '::ffff:1.2.3.4/96', '10.0.0.0/8', '08:00:2b:01:02:03',
   '08:00:2b:01:02:03:04:05', '(NaN,-0)', '((0,0),(1e-300,0.1),(3,3))', '<(1,2),Infinity>', '{1,-1,0}', '(1,1),(0,0)',
   '[(0,0),(1,1)]', '[(0,0),(1,1)]', '''a b'':1A ''it''''s'':2,16383', '''a'' & !''b c'':*A | (c <-> d)', '(,5)', 'empty',
   '{[-infinity,2020-01-01),[2021-01-01,)}', '[08:00,12:00)', '{[08:00,12:00),[14:00,)}', 4294967295,
   'trouble."Propriétaire"', 'adresse[]', 'surcharge(bigint,int)', 'noms', 'recherche', '16/B374D848',
   '10:20:10,14,15', '18446744073709551615'),
  ('', 'x@y', 'trop ancien', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '1.2.3.4/0', '::/0', '00:00:00:00:00:00',
   '00:00:00:00:00:00:00:00', '(0,0)', '((0,0))', '<(0,0),0>', '{0,1,0}', '(0,0),(0,0)', '((0,0))', '[(0,0),(0,0)]', '',
   '', 'empty', '[NaN,NaN]', '{}', '(,)', '{}', 0, '-', '"char"', null, 'pg_catalog', 'simple', '0/0', '1:1:', '0');
alter domain ancien add constraint moderne check (value <> 'trop ancien') not valid;

-------------------------------------------------------------------------------------------------------------------
-- Inheritance
-------------------------------------------------------------------------------------------------------------------

-- A restored child has its parents' columns first, so the text of its rows changes, though no value does.
create table meres (id int primary key, nom text default 'mère' check (nom <> ''));
create table peres (id int, metier text);
create table enfants (age int, nom text default 'enfant') inherits (meres, peres);
create table petits_enfants (jouet text) inherits (enfants);
insert into meres values (1, 'm');
insert into peres values (1, 'p');
insert into enfants (id, nom, metier, age) values (2, 'e', 'aucun', 3);
alter table meres add column ajoutee text default 'plus tard';
insert into petits_enfants (id, jouet) values (3, 'une balle');
-- The child had a column of the name first: it is both inherited and its own.
alter table peres add column age int;

-- Attached later, with the columns in another order and more of them.
create table rattaches (extra bool, nom text default 'rattaché', ajoutee text, id int not null,
  constraint meres_nom_check check (nom <> ''));
insert into rattaches values (true, 'r', null, 9);
alter table rattaches inherit meres;
-- Was a child once: nothing of its parent is left but the columns.
create table emancipes () inherits (peres);
insert into emancipes values (5, 'libre');
alter table emancipes no inherit peres;

-------------------------------------------------------------------------------------------------------------------
-- Partitions
-------------------------------------------------------------------------------------------------------------------

create table mesures (id bigint generated by default as identity, jour date not null, pays text not null, valeur float8,
  primary key (jour, pays, id)) partition by range (jour);
create table mesures_2025 partition of mesures for values from (minvalue) to ('2026-01-01');
-- Partitioned once more, by another method, with defaults on both levels; one lives in another schema.
create table mesures_2026 partition of mesures for values from ('2026-01-01') to ('2027-01-01') partition by list (pays);
create table mesures_2026_fr partition of mesures_2026 for values in ('FR', 'BE');
create table "L'autre ""schéma"".trouble $1 %I".mesures_2026_de partition of mesures_2026 (valeur default 0)
  for values in ('DE');
create table mesures_2026_reste partition of mesures_2026 default;
create unlogged table mesures_reste partition of mesures default;
-- Attached with a dropped column and another physical order. Its identity-less id must be given.
create table mesures_2027 (valeur float8, perdue int, pays text not null, id bigint not null, jour date not null,
  constraint en_2027 check (jour >= '2027-01-01' and jour < '2028-01-01'));
insert into mesures_2027 values (4.5, 1, 'IT', 400, '2027-05-05');
alter table mesures_2027 drop column perdue;
alter table mesures attach partition mesures_2027 for values from ('2027-01-01') to ('2028-01-01');
insert into mesures (jour, pays, valeur) values ('2025-05-05', 'FR', 1), ('2026-05-05', 'FR', 2), ('2026-05-05', 'DE', 3),
  ('2026-05-05', 'ES', 'NaN'), ('2030-01-01', 'FR', null);
-- Detached again: a table like any other.
create table mesures_2024 (like mesures including all excluding identity);
alter table mesures attach partition mesures_2024 for values from ('2028-01-01') to ('2029-01-01');
alter table mesures detach partition mesures_2024;

-- A partitioned index whose parts have names of their own; one that never became valid; one part has an index more.
create index mesures_par_valeur on only mesures (valeur desc nulls last);
create index "L'index de 2025" on mesures_2025 (valeur desc nulls last);
alter index mesures_par_valeur attach partition "L'index de 2025";
create index mesures_par_pays on mesures (pays) where valeur > 0;
create index mesures_2027_seul on mesures_2027 using brin (jour);
comment on index mesures_par_valeur is 'jamais valide: une partition n''en a pas';

-- Hash values of an enum depend on OIDs, so pg_dump loads these through their parent.
create table par_statut (s statut, n int) partition by hash (s);
create table par_statut_0 partition of par_statut for values with (modulus 1, remainder 0);
insert into par_statut values ('relu', 1), ('', 2), (null, 3);
-- By an expression; and one without any partition, hence without a place for rows.
create table par_expression (t text) partition by list (sans_accent(t));
create table par_expression_ete partition of par_expression for values in ('ete', null);
insert into par_expression values ('Été'), ('ÉTÉ'), (null);
create table sans_partition (id int) partition by range (id);

-------------------------------------------------------------------------------------------------------------------
-- Constraints, indexes, statistics
-------------------------------------------------------------------------------------------------------------------

-- No order of loading satisfies both; only keys added after the rows do.
create table oeufs (id int primary key, poule int not null);
create table poules (id int primary key, oeuf int not null references oeufs deferrable initially deferred);
alter table oeufs add foreign key (poule) references poules deferrable initially deferred;
insert into oeufs values (1, 2), (2, 1);
insert into poules values (1, 1), (2, 2);
set constraints all immediate;
comment on constraint oeufs_poule_fkey on oeufs is 'qui était là d''abord?';

-- Rows name others that come after them.
create table arbre (id int primary key, parent int references arbre on delete cascade, racine int not null);
insert into arbre values (3, 2, 1), (2, 1, 1), (1, null, 1);

-- Rows that violate their own constraints, which were added NOT VALID.
create table invalides (id int, positif int, parent int);
insert into invalides values (1, -1, 404), (2, 2, 1);
alter table invalides add constraint positif check (positif > 0) not valid;
alter table invalides add constraint parent foreign key (parent) references arbre not valid;

create table contraintes (
  a int, b int, c text collate sans_casse, n int check (est_pair(n)), periode daterange, salle int,
  constraint "clé ""primaire""" primary key (a) include (b) with (fillfactor = 50),
  constraint unique_differee unique (b) deferrable initially deferred,
  constraint sans_casse_unique unique nulls not distinct (c),
  constraint pas_deux_fois exclude using gist (int4range(salle, salle, '[]') with =, periode with &&) where (salle > 0),
  constraint sans_heritage check (a > 0) no inherit
);
insert into contraintes values (1, 1, 'Été', 2, '[2026-01-01,2026-02-01)', 1), (2, 2, null, 4, '[2026-02-01,)', 1),
  (3, 3, 'autre', null, '[2026-01-01,2026-02-01)', 2);
comment on constraint "clé ""primaire""" on contraintes is 'la clé';

-- A key to a partitioned table, from a partitioned table; one by two columns, of which one is emptied; one to a mere index.
create unique index on contraintes (b, a);
create table enfants_de_mesures (jour date, pays text, id bigint, a int, b int,
  foreign key (jour, pays, id) references mesures,
  foreign key (b, a) references contraintes (b, a) match full on delete set null (a)) partition by list (pays);
create table enfants_de_mesures_tous partition of enfants_de_mesures default;
insert into enfants_de_mesures values ('2027-05-05', 'IT', 400, 1, 1), ('2027-05-05', 'IT', 400, null, null);
set constraints all immediate;

-- Indexes that call functions, use operators and collations from other schemas, or carry settings.
create table indexes (id int not null, t text, h hstore, p plage_horaire, doc jsonb);
insert into indexes values (1, 'Été', 'a=>1', '[08:00,12:00)', '{"a": 1}'), (2, null, null, null, null);
create index indexes_fonction on indexes (sans_accent(t), (id % 7) desc) where t === 'ete';
alter index indexes_fonction alter column 2 set statistics 77;
create index indexes_hstore on indexes using gist (h gist_hstore_ops (siglen = 32)) with (buffering = off);
create index indexes_plage on indexes using gist (p);
create index indexes_doc on indexes using gin (doc jsonb_path_ops) with (fastupdate = off);
create index indexes_collation on indexes using btree (t collate "du C" text_pattern_ops desc);
create index indexes_hash on indexes using hash (t);
create unique index indexes_identite on indexes (id);
alter table indexes replica identity using index indexes_identite;
alter table indexes cluster on indexes_identite;
alter table guichet_b replica identity full;

create statistics correlations (ndistinct, dependencies, mcv) on a, b, n from contraintes;
create statistics "sur une expression" on (a % 2), (lower(c)) from contraintes;
alter statistics correlations set statistics 50;
comment on statistics correlations is 'a et b vont ensemble';

-------------------------------------------------------------------------------------------------------------------
-- Names
-------------------------------------------------------------------------------------------------------------------

-- Each names a table, its column, an index, a type, a function and a trigger, and is a value in the row.
do $noms$
declare
  nom text;
begin
  foreach nom in array array[
    'Majuscule', 'majuscule', 'avec espace', ' ', 'a', 'a ', 'point.dans le.nom', '"', 'guillemet"double', 'l''apostrophe',
    '100 %', '%I %s %n', '$1', '$$', '$corps$', '*', '?', 'a|b', '(a+)', '[a-z]', '{}', '~', '../chemin', 'a/b', '-', '--',
    '-- Name: x; Type: TABLE', '/*', '*/', ';', '; drop table x', '\', '\.', '\N', '\connect x', ':owner', '`id`', '=', ',',
    'null', 'select', 'user', 'table', 'only', 'end', 'COPY x FROM stdin;', '1', '0x1F',
    -- Composed and decomposed: the same to the eye, another name to the server.
    'été', U&'e\0301te\0301', '🐘', '名前', 'ﬁ', 'ß',
    -- A name that goes on in the next line, where psql would look for a command.
    E'ligne\nsuivante', E'ligne\n\\connect ailleurs\n\\.', E'retour\rchariot', E'\ttabulation\t', E'\n',
    -- Names that take hold of a terminal, or of the direction in which it writes.
    E'\x1b[31mrouge\x1b[0m', E'\x1b]0;titre\x07', E'\b\b\b', U&'\202Eevers', U&'\200B', U&'\00A0',
    -- 63 bytes, twice the same but for the last; and one that may not be cut where a character would be halved.
    repeat('n', 63), repeat('n', 62) || 'N', repeat('é', 31) || 'x', repeat('🐘', 15) || 'abc'
  ] loop
    execute format('create table noms.%1$I (id int generated always as identity, %1$I text)', nom);
    execute format('insert into noms.%1$I (%1$I) values (%1$L)', nom);
    execute format('create index %2$I on noms.%1$I (%1$I)', nom, left(md5(nom), 4) || left(nom, 12));
    execute format('comment on column noms.%1$I.%1$I is %1$L', nom);
    execute format('alter table noms.%1$I add constraint %1$I check (%1$I <> %2$L)', nom, nom || '?');
  end loop;
  foreach nom in array array['select', 'l''"autre" $1 %', E'ligne\n\\connect x', '🐘', 'a.b'] loop
    execute format('create type noms.%1$I as enum (%1$L)', 'type ' || nom);
    execute format('create function noms.%1$I(%1$I int default 1) returns text language sql as %2$L', nom, format('select %L', nom));
    execute format('create view noms.%1$I as select noms.%2$I() as %2$I', 'vue ' || nom, nom);
    execute format('create sequence noms.%I', 'séquence ' || nom);
  end loop;
end;
$noms$;

-- Same names in two schemas: nothing may be found by its name alone.
create table "L'autre ""schéma"".trouble $1 %I".textes (id int primary key, valeur text);
insert into "L'autre ""schéma"".trouble $1 %I".textes values (1, 'de l''autre schéma');
create table "L'autre ""schéma"".trouble $1 %I".mesures (id int references "L'autre ""schéma"".trouble $1 %I".textes);
-- Names of the catalog's own: only a fixed search_path tells them apart.
create table trouble.pg_class (relname text);
insert into trouble.pg_class values ('pas celle du catalogue');
create function trouble.now() returns text language sql as $$ select 'jamais' $$;

-------------------------------------------------------------------------------------------------------------------
-- Views, materialised views
-------------------------------------------------------------------------------------------------------------------

-- Needs the table's primary key, so it can only be completed after the rows; so does the function that reads it.
create view par_cle as select a, b, c, count(*) as n from contraintes group by a;
create function lire_par_cle() returns bigint language sql begin atomic select sum(n)::bigint from par_cle; end;

-- Views that need each other; reading either fails.
create view cercle_a as select 1 as n;
create view cercle_b as select n from cercle_a;
create or replace view cercle_a as select n from cercle_b;
-- A view and a function that need each other.
create view boucle as select 1 as n;
create function lire_boucle() returns setof boucle language sql stable as 'select 2';
create or replace view boucle as select n from lire_boucle();

-- Columns renamed since, so that the stored names are not those of the tables below.
create view base_vue as select id, valeur as texte from textes;
create view vue_de_vue as select * from base_vue v(numero, "Le Texte") where numero > 1;
alter view base_vue rename column texte to "texte; renommé";
alter view base_vue alter "texte; renommé" set default 'par la vue';
alter table contraintes rename column n to nombre;
create view jointure as select * from (meres join peres using (id)) as j where j.id > 0;
create view sans_colonne_vue as select from sans_colonne;
create view ligne_entiere as select c, (c).a from colonnes_perdues c;
create view operateurs as select t, t === 'x' as egal, h -> 'a' as h from indexes where ?!~ t or t ~ e'\\\\.' or t like '\.';
create view barriere with (security_barrier, security_invoker) as select * from textes where valeur is not null;
create view modifiable with (check_option = local) as select * from guichet_a where numero > 0;
create recursive view descendance (id, niveau) as
  select id, 0 from arbre where parent is null union all
  select a.id, d.niveau + 1 from arbre a join descendance d on a.parent = d.id;
comment on view descendance is E'récursive\n';
comment on column descendance.niveau is 'depuis la racine';

create materialized view resume as select pays, count(*) as n, sum(valeur) from mesures group by pays;
create unique index resume_pays on resume (pays);
create index on resume (n) where n > 0;
-- On a materialised view and a view on that: to be filled in this order.
create view resume_vue as select pays, n as "Combien" from resume;
create materialized view resume_de_resume with (fillfactor = 50) as select sum("Combien") as n from resume_vue with data;
-- Stale: restoring fills it with other rows than it has.
insert into mesures (jour, pays, valeur) values ('2026-07-07', 'PT', 5);
-- Never filled, and to stay so; so does what reads it.
create materialized view pas_remplie as select id from textes with no data;
create materialized view pas_remplie_non_plus as select id from pas_remplie with no data;
comment on materialized view resume is 'périmé';
grant select on resume to :"reader";

-------------------------------------------------------------------------------------------------------------------
-- Triggers, rules
-------------------------------------------------------------------------------------------------------------------

-- Whatever fires while rows are restored leaves a row here, or fails.
create table journal (id int generated always as identity, evenement text);
create table surveillee (id int primary key, note text, maj int default 0);
create function noter() returns trigger language plpgsql set search_path = trouble as $$
begin
  insert into journal (evenement) values (concat_ws(' ', tg_name, tg_op, array_to_string(tg_argv, '|')));
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create function refuser() returns trigger language plpgsql as $$ begin raise 'ne doit pas servir'; end $$;
insert into surveillee values (1, 'avant les déclencheurs');

create trigger "par ligne" after insert or update of note on surveillee
  for each row when (new.id > 0) execute function noter('l''argument', E'\\', '', E'ligne\nsuivante', '%s');
create trigger par_instruction before truncate or delete on surveillee for each statement execute function noter();
create trigger transition after insert on surveillee referencing new table as nouvelles
  for each statement execute function noter();
create constraint trigger differe after insert on surveillee from textes deferrable initially deferred
  for each row execute function noter();
-- Fires even for session_replication_role = replica; never fires; fires for nothing but replicas.
create trigger toujours after insert on surveillee for each row execute function noter();
alter table surveillee enable always trigger toujours;
create trigger desactive before insert on surveillee for each row execute function refuser();
alter table surveillee disable trigger desactive;
create trigger replique before insert on surveillee for each row execute function refuser();
alter table surveillee enable replica trigger replique;
insert into surveillee values (2, 'avec les déclencheurs');
set constraints all immediate;
comment on trigger "par ligne" on surveillee is 'note tout';

-- Made for each partition by itself, disabled on one alone.
create trigger sur_partitions after insert on mesures for each row execute function noter();
alter table mesures_2025 disable trigger sur_partitions;

create function inserer_par_la_vue() returns trigger language plpgsql set search_path = trouble
  as $$ begin insert into guichet_a (nom) values (new.nom); return new; end $$;
create trigger au_lieu_de instead of insert on modifiable for each row execute function inserer_par_la_vue();

create rule en_double as on insert to guichet_b do also insert into journal (evenement) values ('règle ' || new.nom);
create rule jamais as on delete to guichet_b where old.numero < 0 do instead nothing;
create rule au_lieu as on update to vue_de_vue do instead (update textes set valeur = new."Le Texte" where id = old.numero;
  select 1; notify "canal; étrange");
alter table guichet_b disable rule jamais;
comment on rule en_double on guichet_b is 'COPY n''en sait rien';

-------------------------------------------------------------------------------------------------------------------
-- Row-level security
-------------------------------------------------------------------------------------------------------------------

create table dossiers (id int primary key, proprietaire text, secret bool);
insert into dossiers values (1, 'personne', true), (2, 'tous', false);
alter table dossiers enable row level security;
create policy "lecture; ""publique""" on dossiers for select to :"reader" using (not secret);
create policy ecriture on dossiers as restrictive for insert to public
  with check (proprietaire = current_user and exists (select from arbre where arbre.id = dossiers.id));
comment on policy ecriture on dossiers is 'en son nom seulement';
-- Policies without the switch, and the switch without a policy.
create table sans_securite (id int);
create policy en_sommeil on sans_securite using (false);
create table sans_politique (id int);
insert into sans_politique values (1);
alter table sans_politique enable row level security;

-------------------------------------------------------------------------------------------------------------------
-- Privileges
-------------------------------------------------------------------------------------------------------------------

grant usage on schema trouble, noms to :"reader", :"missing";
grant usage on schema "L'autre ""schéma"".trouble $1 %I" to :"reader" with grant option;
grant select, insert on textes to :"missing";
grant select on "L'autre ""schéma"".trouble $1 %I".textes to public;
-- Of a column alone; all but one of the owner's own; none, not even the owner's.
grant select (id), update (n, argent) on nombres to :"reader" with grant option;
grant references (id) on textes to :"missing";
revoke delete on instants from :"owner";
revoke all on emancipes from :"owner", :"reader";
grant select on emancipes to :"owner";
grant usage on type statut to :"missing";
revoke usage on type adresse from public;
grant execute on procedure par_lots(int) to :"missing";
grant all on function boite_de_pandore(text) to public;
grant all on sequence partagee to :"missing";

-- Not what the objects above were made under.
alter default privileges for role :"owner" in schema trouble revoke select on tables from :"reader";
alter default privileges for role :"owner" in schema trouble grant insert on tables to :"missing";
alter default privileges for role :"owner" grant usage on types to :"reader";
alter default privileges for role :"owner" revoke usage on types from public;
alter default privileges for role :"owner" in schema noms grant all on sequences to :"reader" with grant option;

-------------------------------------------------------------------------------------------------------------------
-- Comments: in a dump each is a statement of its own, whose text psql must not take for its own commands
-------------------------------------------------------------------------------------------------------------------

comment on schema trouble is E'tout ce qui fait échouer\n-- une restauration\n\\! exit 1';
comment on table textes is E'l''été: \\.\n\\.\n\\connect ailleurs\nCOMMIT;\n$$ $1 :owner 🐘 \x1b[31m';
comment on column textes.valeur is '';
comment on column textes.fixe is ' ';
comment on table mesures is 'partitionnée';
comment on column enfants.ajoutee is 'héritée';
comment on index indexes_fonction is 'sur une fonction';
comment on type plage_horaire is 'de telle heure à telle heure';
comment on type statut is 'un état';
comment on text search dictionary mots_simples is 'simples';
comment on conversion utf8_vers_latin1 is 'avec pertes';
reset role;

-------------------------------------------------------------------------------------------------------------------
-- Publications (the session's own role makes them: it takes CREATE on the database)
-------------------------------------------------------------------------------------------------------------------

create publication "Publication; ""une""" for table trouble.textes (id, valeur) where (id > 1), only trouble.meres
  with (publish = 'insert');
create publication vide;
comment on publication vide is 'sans table';

-------------------------------------------------------------------------------------------------------------------
-- Large objects: not tables, out of reach of pg_read_all_data, restored under the same OIDs
-------------------------------------------------------------------------------------------------------------------

\if :large_objects
set role :"owner";
select lo_from_bytea(4200001, '\x00ff5c2e0a5c2e0a');
select lo_from_bytea(4200002, '');
-- Longer than a page of pg_largeobject and than what pg_dump reads at once; the other has a hole.
select lo_from_bytea(4200003, decode(string_agg(md5(i::text), '' order by i), 'hex')) from generate_series(1, 20000) i;
select lo_from_bytea(4200004, 'début'), lo_put(4200004, 100000, 'fin');
comment on large object 4200001 is E'un ''objet''\n\\.';
grant select on large object 4200001 to :"reader" with grant option;
grant select, update on large object 4200003 to :"missing";
create table trouble.pieces_jointes (id int primary key, objet oid);
insert into trouble.pieces_jointes values (1, 4200001), (2, 4200002), (3, 4200003), (4, 4200004), (5, 404);
reset role;
\endif

-------------------------------------------------------------------------------------------------------------------
-- What takes a superuser to make, hence to restore
-------------------------------------------------------------------------------------------------------------------

\if :superuser
-- Owned by others than the rest, so that a restore changes roles.
create schema systeme;
create table systeme.de_postgres (id int generated always as identity primary key, nom text);
insert into systeme.de_postgres (nom) values ('au superutilisateur');
create table trouble.orpheline (id serial primary key, nom text);
insert into trouble.orpheline (nom) values ('à personne ici');
alter table trouble.orpheline owner to :"missing";
create function systeme.sans_maitre() returns int language sql as 'select 1';
alter function systeme.sans_maitre() owner to :"missing";
alter default privileges for role :"missing" grant select on tables to :"reader";
-- Granted on by a grantee: restored by SET SESSION AUTHORIZATION.
set role :"reader";
grant select (id) on trouble.nombres to :"missing";
reset role;

-- Hides its rows from its owner, too: only a superuser or BYPASSRLS dumps it.
create table trouble.cachee (id int primary key);
insert into trouble.cachee values (1), (2);
alter table trouble.cachee enable row level security;
alter table trouble.cachee force row level security;
create policy rien on trouble.cachee for select to :"reader" using (id = 1);
alter table trouble.cachee owner to :"owner";

-- Order by an operator class of one's own, which must be there before the index.
create function systeme.comparer_a_l_envers(int, int) returns int language sql immutable strict
  as 'select pg_catalog.btint4cmp($2, $1)';
create operator family systeme.a_l_envers using btree;
create operator class systeme.a_l_envers for type int using btree family systeme.a_l_envers as
  operator 1 >, operator 2 >=, operator 3 =, operator 4 <=, operator 5 <, function 1 systeme.comparer_a_l_envers(int, int);
create index de_postgres_a_l_envers on systeme.de_postgres (id systeme.a_l_envers);
comment on operator class systeme.a_l_envers using btree is 'du plus grand au plus petit';

-- A base type by functions of the server; one that was only announced.
create type systeme.mot;
create function systeme.mot_lu(cstring) returns systeme.mot language internal immutable strict as 'textin';
create function systeme.mot_ecrit(systeme.mot) returns cstring language internal immutable strict as 'textout';
create type systeme.mot (input = systeme.mot_lu, output = systeme.mot_ecrit, like = text, category = 'S');
create cast (systeme.mot as text) without function as implicit;
create type systeme.annonce;
create table systeme.mots (m systeme.mot, ms systeme.mot[]);
insert into systeme.mots values ('\.', array['a b', null, 'c"d']::systeme.mot[]);

create function systeme.addition(int, int) returns int language internal immutable strict leakproof as 'int4pl';

-- SET default_table_access_method comes and goes in the script.
create access method tas type table handler heap_tableam_handler;
create table systeme.en_tas (id int) using tas;
insert into systeme.en_tas values (1);

-- Rows that are somewhere else, and a password in the schema. Reading the table fails.
create foreign data wrapper "sans poignée";
create server "le serveur" type 't' version '1' foreign data wrapper "sans poignée" options (hote 'l''hôte', "Clé" E'a\\b');
create user mapping for public server "le serveur" options (user 'u', password 'un "secret"');
create foreign table systeme.lointaine (id int options (nom 'ID'), n text not null default 'x') server "le serveur" options (table 'x');
grant usage on foreign server "le serveur" to :"reader";

-- Differs from what CREATE EXTENSION makes, by privileges alone.
revoke execute on function extensions.hstore(text, text) from public;
grant execute on function extensions.hstore(text, text) to :"reader";

-- Without updates: else nobody could update a table that has no key.
create publication tout for all tables with (publish = 'insert, truncate');
create publication un_schema for tables in schema noms, table trouble.nombres with (publish = 'insert');

-- Whose table is dropped while a trigger looks on? A restore that replaces, with --clean, must survive them both.
create table systeme.suppressions (quoi text);
create function systeme.noter_suppression() returns event_trigger language plpgsql as $$
begin
  insert into systeme.suppressions select object_identity from pg_event_trigger_dropped_objects();
end $$;
create function systeme.annoncer() returns event_trigger language plpgsql as $$ begin raise notice '% vu', tg_tag; end $$;
create event trigger "note les suppressions" on sql_drop when tag in ('DROP TABLE') execute function systeme.noter_suppression();
create event trigger annonce on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE') execute function systeme.annoncer();
create event trigger dort on ddl_command_start execute function systeme.annoncer();
alter event trigger dort disable;
alter event trigger annonce enable always;
comment on event trigger annonce is 'bavard';
\if :large_objects
select lo_from_bytea(4200005, 'au superutilisateur');
alter large object 4200004 owner to :"missing";
\endif
\endif

-------------------------------------------------------------------------------------------------------------------
-- Not here, for it does not survive pg_dump and pg_restore (tried with 15.18), or not to the letter
-------------------------------------------------------------------------------------------------------------------

-- Several partitions by the hash of an enum: rows come back in other partitions, for enums have other OIDs there.
-- A column of an inheriting table's row type, once a parent got another column: the values change places, silently.
-- A value of type regclass that names an index: the index is made after the rows. Of type regrole: it needs the role.
-- A function without schema names or SET search_path, called by an index, a check or a materialised view.
-- A check that reads another table, which may be loaded later.
-- Several defaults of an inheriting table's inherited columns: restored, but listed in another order.
-- A subscription: its database can neither be dropped nor be a template.
