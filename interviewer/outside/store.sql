-- The tables of the record; `store` and `gradebook` read and write them.
CREATE TABLE IF NOT EXISTS interviews (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, question_id TEXT, engine TEXT NOT NULL,
    mode TEXT NOT NULL, budget INTEGER NOT NULL, status TEXT NOT NULL, started TEXT NOT NULL,
    target TEXT NOT NULL DEFAULT 'L5', variant INTEGER NOT NULL DEFAULT 0, round_id TEXT
);
CREATE TABLE IF NOT EXISTS rounds (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, size INTEGER NOT NULL, category TEXT, mode TEXT NOT NULL,
    target TEXT NOT NULL, started TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS turns (
    interview_id TEXT NOT NULL REFERENCES interviews(id) ON DELETE CASCADE, position INTEGER NOT NULL,
    role TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, aims_at TEXT, said TEXT NOT NULL,
    PRIMARY KEY (interview_id, position)
);
CREATE TABLE IF NOT EXISTS grades (
    interview_id TEXT NOT NULL REFERENCES interviews(id) ON DELETE CASCADE, grade TEXT NOT NULL,
    graded TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcomes (
    interview_id TEXT NOT NULL REFERENCES interviews(id) ON DELETE CASCADE, tell_id TEXT NOT NULL,
    verdict TEXT NOT NULL, prompted INTEGER NOT NULL, PRIMARY KEY (interview_id, tell_id)
);
CREATE TABLE IF NOT EXISTS assessments (
    interview_id TEXT PRIMARY KEY REFERENCES interviews(id) ON DELETE CASCADE,
    answers INTEGER NOT NULL, grade TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS redrills (
    interview_id TEXT PRIMARY KEY REFERENCES interviews(id) ON DELETE CASCADE,
    tell_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS challenges (
    interview_id TEXT NOT NULL REFERENCES interviews(id) ON DELETE CASCADE, tell_id TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, challenged TEXT NOT NULL,
    PRIMARY KEY (interview_id, tell_id)
);
CREATE TABLE IF NOT EXISTS rewrites (
    interview_id TEXT PRIMARY KEY REFERENCES interviews(id) ON DELETE CASCADE,
    level TEXT NOT NULL, pieces TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS debriefs (
    interview_id TEXT PRIMARY KEY REFERENCES interviews(id) ON DELETE CASCADE,
    grade TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS spent (
    interview_id TEXT NOT NULL REFERENCES interviews(id) ON DELETE CASCADE, model TEXT NOT NULL,
    calls INTEGER NOT NULL, uncounted INTEGER NOT NULL, input_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    PRIMARY KEY (interview_id, model)
);
CREATE INDEX IF NOT EXISTS interviews_of_owner ON interviews (owner, started);
