package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	corev1 "k8s.io/api/core/v1"
)

const (
	demoPipeline = "demo"
	demoJob      = demoPipeline + "/main"
)

// demo runs a real pipeline and shows its log and its pods.
func demo(ctx context.Context, runs *concourse.Concourse) error {
	start := time.Now()
	if err := runs.Up(ctx); err != nil {
		return err
	}
	if err := watched(ctx, runs.Cluster, func(ctx context.Context) error { return runPipeline(ctx, runs) }); err != nil {
		return err
	}
	fmt.Printf("\nAll of it took %.0fs.\n", time.Since(start).Seconds())
	showNext(runs)
	return nil
}

func runPipeline(ctx context.Context, runs *concourse.Concourse) error {
	fly, err := runs.Login(ctx, demoHome(runs))
	if err != nil {
		return err
	}
	pods, err := runs.WatchPods(ctx)
	if err != nil {
		return err
	}

	fmt.Println("== pipeline")
	for _, args := range [][]string{
		{"set-pipeline", "-n", "-p", demoPipeline, "-c", "testflight/fixtures/demo.yml", "-v", "registry=" + runs.Cluster.Registry()},
		{"unpause-pipeline", "-p", demoPipeline},
		{"trigger-job", "-w", "-j", demoJob},
	} {
		fmt.Printf("$ fly %v\n", args)
		if err := fly.Show(ctx, os.Stdout, args...); err != nil {
			return err
		}
	}
	return showPods(pods)
}

func demoHome(runs *concourse.Concourse) string {
	home := filepath.Join(runs.Cluster.DaemonDir(), "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		panic(err) // the folder above was just made by the same user
	}
	return home
}

// showPods prints every pod with its image, and fails if one of them got an
// image: such a pod runs the registry-image resource as a get.
func showPods(pods *concourse.Pods) error {
	fmt.Println("\n== the pods, and what the kubelet says about their images")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	gets := 0
	pods.Each(func(pod *corev1.Pod, pull string) {
		fmt.Fprintf(table, "%s\t%s\t%s\n", pod.Name, pod.Spec.Containers[0].Image, pull)
		if concourse.GetsImage(pod) {
			gets++
		}
	})
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("Pods that ran a get of an image: %d.\n", gets)
	if gets > 0 {
		return fmt.Errorf("%d images were fetched into a volume instead of being pulled by the kubelet", gets)
	}
	return nil
}

func showNext(runs *concourse.Concourse) {
	fmt.Printf(`
Concourse is at %s, user %s, password %s. To try next:

  HOME=%s bin/fly -t testflight trigger-job -w -j %s
  KUBECONFIG=%s %s -n %s get pods -w
  HOME=%s bin/fly -t testflight resource-versions -r %s/numbers

make down ends everything.
`,
		runs.URL(), concourse.User, concourse.User,
		demoHome(runs), demoJob,
		runs.Cluster.Kubeconfig(), runs.Cluster.Kubectl(), concourse.Namespace,
		demoHome(runs), demoPipeline)
}
