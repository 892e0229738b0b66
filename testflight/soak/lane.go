package soak

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/concourse/concourse/atc"
)

// buildsPerPipeline is how many builds a lane runs in one pipeline.
const buildsPerPipeline = 12

//go:embed pipeline.yml
var pipelineConfig []byte

// lane runs one build after the other.
type lane struct {
	*session
	number int

	pipeline atc.PipelineRef
	builds   int
}

func (l *lane) run(ctx context.Context, builds <-chan Build) error {
	for build := range builds {
		if l.builds%buildsPerPipeline == 0 {
			if err := l.nextPipeline(ctx); err != nil {
				return err
			}
		}
		l.builds++
		outcome := l.runBuild(ctx, build)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l.note(outcome)
	}
	return l.destroyPipeline(ctx)
}

// nextPipeline destroys the lane's pipeline and sets another. Its name makes the resources its own.
func (l *lane) nextPipeline(ctx context.Context) error {
	if err := l.destroyPipeline(ctx); err != nil {
		return err
	}
	l.pipeline = atc.PipelineRef{Name: fmt.Sprintf("soak-%d-%d", l.number, l.builds/buildsPerPipeline)}
	file := filepath.Join(l.Dir, l.pipeline.Name+".yml")
	if err := os.WriteFile(file, pipelineConfig, 0o600); err != nil {
		return err
	}
	on := l.Runs.Cluster
	args := []string{"set-pipeline", "-n", "-p", l.pipeline.Name, "-c", file}
	for name, value := range map[string]string{
		"pipeline": l.pipeline.Name, "node": on.NodeAddress(),
		"registry": on.Registry(), "private-registry": on.PrivateRegistry(),
		"user": on.RegistryUser(), "password": on.RegistryPassword(),
	} {
		args = append(args, "-v", name+"="+value)
	}
	for _, command := range [][]string{args, {"unpause-pipeline", "-p", l.pipeline.Name}} {
		if err := whileWebRestarts(ctx, func(ctx context.Context) error {
			_, err := l.fly.Run(ctx, command...)
			return err
		}); err != nil {
			return fmt.Errorf("set pipeline %s: %w", l.pipeline.Name, err)
		}
	}
	return nil
}

func (l *lane) destroyPipeline(ctx context.Context) error {
	if l.pipeline.Name == "" {
		return nil
	}
	if err := whileWebRestarts(ctx, func(context.Context) error {
		_, err := l.api.Team(team).DeletePipeline(l.pipeline)
		return err
	}); err != nil {
		return fmt.Errorf("destroy pipeline %s: %w", l.pipeline.Name, err)
	}
	return nil
}
