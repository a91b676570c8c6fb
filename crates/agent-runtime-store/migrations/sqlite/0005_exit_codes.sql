-- The exit code of the stop that ended a session. Of those that ended before, their stop itself still tells it.
ALTER TABLE sessions ADD COLUMN exit_code INTEGER;
