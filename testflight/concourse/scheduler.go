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
	database, err := pgx.Connect(ctx, fmt.Sprintf("postgres://%s@%s:%d/postgres",
		c.Cluster.PostgresUser(), c.Cluster.PostgresHost(), c.Cluster.PostgresPort()))
	if err != nil {
		return fmt.Errorf("connect to web's database: %w", err)
	}
	defer database.Close(ctx)

	updated, err := database.Exec(ctx, "UPDATE components SET interval = '1s' WHERE name = 'scheduler'")
	if err != nil {
		return fmt.Errorf("shorten the scheduler's interval: %w", err)
	}
	if updated.RowsAffected() != 1 {
		return fmt.Errorf("shorten the scheduler's interval: web's database has %d schedulers", updated.RowsAffected())
	}
	return nil
}
