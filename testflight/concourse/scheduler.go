package concourse

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// hurryScheduler has web look for triggered builds every second. Upstream has
// no flag for that interval of 10 seconds, writes it to its database whenever
// web starts, and reads it there.
func (c *Concourse) hurryScheduler(ctx context.Context) error {
	updated, err := c.update(ctx, "UPDATE components SET interval = '1s' WHERE name = 'scheduler'")
	if err != nil {
		return fmt.Errorf("shorten the scheduler's interval: %w", err)
	}
	if updated != 1 {
		return fmt.Errorf("shorten the scheduler's interval: web's database has %d schedulers", updated)
	}
	return nil
}

// ExpireChecks has the containers of finished checks ready for Concourse's GC.
// Upstream keeps each for five minutes at least, for later checks of the same
// source, whatever became of their pipelines. No flag shortens that.
func (c *Concourse) ExpireChecks(ctx context.Context) error {
	if _, err := c.update(ctx, "UPDATE resource_config_check_sessions SET expires_at = now()"); err != nil {
		return fmt.Errorf("expire the containers of checks: %w", err)
	}
	return nil
}

// ExpireLostChecks has the containers of checks that a web ran when it was killed ready for
// Concourse's GC, and their caches. Upstream keeps them for a day, because it does not know that
// the checks are over. No flag shortens that. Those that were still being made it keeps for ever.
// So no check may run.
func (c *Concourse) ExpireLostChecks(ctx context.Context) error {
	for _, table := range []string{"containers", "resource_cache_uses"} {
		const column = "in_memory_build_create_time"
		statement := fmt.Sprintf("UPDATE %s SET %s = now() - '2 days'::interval WHERE %[2]s IS NOT NULL", table, column)
		if _, err := c.update(ctx, statement); err != nil {
			return fmt.Errorf("expire the %s of checks whose web was killed: %w", table, err)
		}
	}
	if _, err := c.update(ctx, "UPDATE containers SET state = 'failed' WHERE state = 'creating' AND meta_type = 'check'"); err != nil {
		return fmt.Errorf("give up the containers of checks whose web was killed while they were made: %w", err)
	}
	return nil
}

// update changes web's database and returns how many rows it changed.
func (c *Concourse) update(ctx context.Context, statement string) (rows int64, err error) {
	database, err := c.database(ctx)
	if err != nil {
		return 0, err
	}
	defer database.Close(ctx)

	updated, err := database.Exec(ctx, statement)
	return updated.RowsAffected(), err
}

// database connects to web's database, as its superuser.
func (c *Concourse) database(ctx context.Context) (*pgx.Conn, error) {
	database, err := pgx.Connect(ctx, fmt.Sprintf("postgres://%s@%s:%d/postgres",
		c.Cluster.PostgresUser(), c.Cluster.PostgresHost(), c.Cluster.PostgresPort()))
	if err != nil {
		return nil, fmt.Errorf("connect to web's database: %w", err)
	}
	return database, nil
}
