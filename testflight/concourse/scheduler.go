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

// update changes web's database and returns how many rows it changed.
func (c *Concourse) update(ctx context.Context, statement string) (rows int64, err error) {
	database, err := pgx.Connect(ctx, fmt.Sprintf("postgres://%s@%s:%d/postgres",
		c.Cluster.PostgresUser(), c.Cluster.PostgresHost(), c.Cluster.PostgresPort()))
	if err != nil {
		return 0, fmt.Errorf("connect to web's database: %w", err)
	}
	defer database.Close(ctx)

	updated, err := database.Exec(ctx, statement)
	return updated.RowsAffected(), err
}
