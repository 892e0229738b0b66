package concourse

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
)

// WebDaemon is web's name among the cluster's daemons.
const WebDaemon = "web"

func flagOf(name string, value any) string { return fmt.Sprintf("--%s=%v", name, value) }

func (c *Concourse) startWeb(ctx context.Context) error {
	keys, err := c.keys(ctx)
	if err != nil {
		return err
	}
	err = c.Cluster.RunDaemon(ctx, cluster.Daemon{
		Name: WebDaemon,
		Command: append([]string{
			c.program("concourse"), "web",
			flagOf("external-url", c.URL()),
			flagOf("bind-port", c.Cluster.Port(webPort)),
			flagOf("debug-bind-port", c.Cluster.Port(webDebugPort)),
			flagOf("tsa-bind-port", c.Cluster.Port(tsaPort)),
			flagOf("tsa-host-key", filepath.Join(keys, "tsa")),
			flagOf("tsa-authorized-keys", filepath.Join(keys, "worker.pub")),
			flagOf("session-signing-key", filepath.Join(keys, "session")),
			flagOf("postgres-host", c.Cluster.PostgresHost()),
			flagOf("postgres-port", c.Cluster.PostgresPort()),
			flagOf("postgres-user", c.Cluster.PostgresUser()),
			flagOf("postgres-database", "postgres"),
			"--add-local-user=" + User + ":" + User, "--main-team-local-user=" + User,
			"--add-local-user=guest:guest",
			"--enable-pipeline-instances", "--enable-across-step", "--enable-cache-streamed-volumes",
			"--enable-resource-causality", "--enable-redact-secrets",
			// With the default intervals a triggered build starts after up to 20 s.
			"--component-runner-interval=1s", "--build-tracker-interval=1s", "--lidar-scanner-interval=1s",
			"--gc-interval=5s", "--gc-failed-grace-period=20s", "--gc-check-recycle-period=5s",
		}, append(c.configuredRegistries(), c.WebFlags...)...),
		Ready: func(ctx context.Context) error { return answers(ctx, c.URL()+"/api/v1/info") },
	})
	if err != nil {
		return err
	}
	return c.hurryScheduler(ctx)
}

// answers asks a URL and returns nil if it answers with success.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
