-- Loaded as often as one likes: it always ends in the same rows, under the same identities.
-- What the demo imports files into, it makes anew.
drop table if exists releve, station;

truncate t01_type_donnee, t02_source, t03_flux, t04_document, t05_territoire, t06_theme, t07_document_theme,
  t08_indicateur, t09_meteo, t10_annotation restart identity;

insert into t01_type_donnee (libelle, description, frequence_maj) values
  ('Fichier plat', 'CSV déposé par un partenaire, relu à la main', 'mensuelle'),
  ('API', 'Interface publique, interrogée chaque nuit', 'quotidienne'),
  ('Page web', 'Moissonnage d’une page, dans le respect de « robots.txt »', 'hebdomadaire'),
  ('Base de données', 'Extraction d''une base existante', 'annuelle'),
  ('Capteur', null, 'temps réel');

insert into t02_source (id_type_donnee, nom, url, fiabilite) values
  (1, 'Avis citoyens de Montreuil', null, 0.70),
  (2, 'Météo-France', 'https://meteofrance.example/api?ville=Évry&unité=°C', 0.95),
  (2, 'Baromètre de l’énergie', 'https://barometre.example/v2', 0.90),
  (3, 'L’Écho des quartiers', 'https://echo.example/à-la-une', 0.60),
  (4, 'Recensement', 'https://insee.example', 1.00),
  (5, 'Qualité de l’air', 'https://air.example/capteurs', 0.85);

insert into t03_flux (id_source, collecte_le, format, manifeste) values
  (1, '2026-10-01 08:00:00+02', 'csv', '{"lignes": 12, "séparateur": ";"}'),
  (2, '2026-10-02 02:15:00+02', 'json', '{"appels": 6}'),
  (3, '2026-10-02 02:20:00+02', 'json', null),
  (4, '2026-10-03 05:30:00+02', 'html', '{"pages": ["/à-la-une", "/été-2026"]}'),
  (5, '2026-01-15 09:00:00+01', 'csv', '{"millésime": 2025}'),
  (6, '2026-10-25 02:30:00+01', 'xml', null);

insert into t04_document (id_flux, titre, texte, publie_le) values
  (1, 'Le marché du samedi', 'On y va « en famille », et c’est très bien ainsi.', '2026-09-12'),
  (1, 'Éclairage de la rue Voltaire', E'Deux lampadaires éteints depuis août.\nPersonne ne répond.', '2026-09-14'),
  (1, 'Piste cyclable', 'Enfin ! Mais pourquoi s''arrête-t-elle au carrefour ?', '2026-09-15'),
  (1, 'Sans texte', null, null),
  (1, 'Texte vide', '', '2026-09-16'),
  (3, 'Les Français et leur chauffage', 'Un foyer sur trois a baissé la consigne d’un degré ; 12 % l’ont coupée.', '2026-09-20'),
  (3, 'Solaire : l’élan se confirme', 'La part du solaire dépasse 9,5 % — un record.', '2026-09-27'),
  (4, 'Une fête qui fait du bruit', 'Le maire : « Nous n’avons reçu que trois plaintes. »', '2026-10-01'),
  (4, 'L’école Jean-Zay rouvre', E'Les travaux sont finis.\r\n\tCoût : 1 234 567,89 € (TTC).', '2026-10-02'),
  (4, 'Chœur et œuvres à l’église Saint-Ouen', 'Entrée libre, sœurs et frères bienvenus ; parking côté Nord \ Est.', '2026-10-03');

insert into t05_territoire (code_insee, nom, population, position) values
  ('75056', 'Paris', 2113705, '(2.3522, 48.8566)'),
  ('93048', 'Montreuil', 111240, '(2.4432, 48.8638)'),
  ('38185', 'Grenoble', 157477, '(5.7245, 45.1885)'),
  ('2A004', 'Ajaccio', 73822, '(8.7386, 41.9192)'),
  ('80016', 'L’Étoile-d’à-Côté', null, null);

insert into t06_theme (libelle, mots_cles) values
  ('Énergie', '{chauffage,"panneau solaire",électricité}'),
  ('Mobilité', '{vélo,"piste cyclable"}'),
  ('Vie de quartier', '{marché,fête,"l’école"}'),
  ('Environnement', '{}');

insert into t07_document_theme (id_document, id_theme, score) values
  (1, 3, 0.93), (2, 3, 0.71), (3, 2, 0.98), (6, 1, 0.99), (6, 4, 0.42), (7, 1, 0.97), (7, 4, 0.66), (8, 3, 0.88),
  (9, 3, 0.80), (10, 3, null);

insert into t08_indicateur (id_territoire, libelle, annee, valeur, unite) values
  (1, 'Taux de chômage', 2025, 5.9, '%'),
  (2, 'Taux de chômage', 2025, 10.40, '%'),
  (3, 'Taux de chômage', 2025, 7.2, '%'),
  (4, 'Taux de chômage', 2025, 7.0, '%'),
  (1, 'Revenu médian', 2023, 28790, '€/an'),
  (2, 'Revenu médian', 2023, 20650.5, '€/an'),
  (3, 'Revenu médian', 2023, 22180, '€/an'),
  (5, 'Abstention', 2024, 0.333333333333333333, 'part');

insert into t09_meteo (id_territoire, observee_le, temperature, ciel) values
  (1, '2026-10-01 12:00:00+02', 17.4, 'éclaircies'),
  (2, '2026-10-01 12:00:00+02', 17.1, 'éclaircies'),
  (3, '2026-10-01 12:00:00+02', 14.0, 'brouillard tenace'),
  (4, '2026-10-01 12:00:00+02', 23.6, 'grand soleil'),
  -- The hour that exists twice.
  (1, '2026-10-25 02:30:00+02', 9.8, 'nuit claire'),
  (1, '2026-10-25 02:30:00+01', 9.1, 'nuit claire'),
  (3, '2026-10-25 02:30:00+01', -0.5, 'gelée blanche');

insert into t10_annotation (id_document, sentiment, annotateur, remarque) values
  (1, 'positif', 'Zoé', null),
  (2, 'négatif', 'Zoé', '"Personne ne répond." : colère contenue'),
  (3, 'neutre', 'François', 'ironie ?'),
  (3, 'positif', 'Zoé', 'désaccord avec François'),
  (6, 'neutre', 'François', null),
  (7, 'positif', 'François', null),
  (8, 'négatif', 'Anaïs', 'citation du maire, pas de l’auteur'),
  (9, 'positif', 'Anaïs', null);
