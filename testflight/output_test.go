package testflight_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse/atc"
	client "github.com/concourse/concourse/go-concourse/concourse"
	"github.com/onsi/gomega/gexec"
)

// Each spec kills what all share.
var _ = Describe("the output of a step", Serial, func() {
	// log returns what the step printed: web says again which image a step has when
	// it comes back. A task is on a terminal, which ends lines with a carriage return
	// too.
	log := func(p pipeline) string {
		GinkgoHelper()
		printed, longest := map[string]*strings.Builder{}, new(strings.Builder)
		for _, next := range eventsOf(p.lastBuild()) {
			origin := next.Data.Origin.ID
			if printed[origin] == nil {
				printed[origin] = new(strings.Builder)
			}
			printed[origin].WriteString(next.Data.Payload)
			if printed[origin].Len() > longest.Len() {
				longest = printed[origin]
			}
		}
		return strings.ReplaceAll(longest.String(), "\r\n", "\n")
	}
	// watch returns what the build prints from its beginning, until web is killed.
	watch := func(ctx context.Context, p pipeline) func() string {
		GinkgoHelper()
		session, err := gexec.Start(fly.Command(ctx, "watch", "-j", p.name+"/main"), nil, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		return func() string { return string(session.Out.Contents()) }
	}
	killWeb := func(ctx context.Context) {
		GinkgoHelper()
		Expect(runs.Cluster.KillDaemon(ctx, "web")).To(Succeed())
		Expect(runs.StartDaemons(ctx)).To(Succeed())
		awaitWorkers(ctx)
	}
	start := func(ctx context.Context, p pipeline) {
		GinkgoHelper()
		_, err := fly.Run(ctx, "trigger-job", "-j", p.name+"/main")
		Expect(err).NotTo(HaveOccurred())
	}
	succeeds := func(p pipeline) {
		GinkgoHelper()
		Eventually(func(g Gomega) {
			// Web may be on its way back to its database.
			builds, _, _, err := api.Team(mainTeam).JobBuilds(p.ref(), "main", client.Page{Limit: 10})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(builds).To(HaveExactElements(HaveField("Status", atc.StatusSucceeded)))
		}).WithTimeout(patience).Should(Succeed())
	}
	// logOfKilled runs a task and kills web twice while it prints.
	logOfKilled := func(ctx context.Context, script string) string {
		GinkgoHelper()
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", script))
		start(ctx, p)
		for before, kills := 0, 0; kills < 2; kills++ {
			printed := watch(ctx, p)
			Eventually(func() int { return len(printed()) }).WithTimeout(patience).Should(BeNumerically(">", before+1<<20))
			before = len(printed())
			killWeb(ctx)
		}
		succeeds(p)
		return log(p)
	}

	const letters, linesPrinted, randomBytes = 16_000_000, 1_000_000, 12_000_000

	It("is complete when web is killed: one line", func(ctx SpecContext) {
		printed := logOfKilled(ctx, fmt.Sprintf("seq 10000000 99999999 | tr -d '\\n' | head -c %d", letters))

		var expected strings.Builder
		for number := 10_000_000; expected.Len() < letters; number++ {
			fmt.Fprint(&expected, number)
		}
		Expect(printed == expected.String()[:letters]).To(BeTrue(), "%d letters", len(printed))
	}, SpecTimeout(2*patience))

	It("is complete when web is killed: many lines", func(ctx SpecContext) {
		printed := logOfKilled(ctx, fmt.Sprintf("seq %d", linesPrinted))
		var expected strings.Builder
		for number := range linesPrinted {
			fmt.Fprintln(&expected, number+1)
		}
		Expect(printed == expected.String()).To(BeTrue(), "%d bytes of %d", len(printed), expected.Len())
	}, SpecTimeout(2*patience))

	It("is complete when web is killed: characters of more than one byte", func(ctx SpecContext) {
		printed := logOfKilled(ctx, fmt.Sprintf("seq %d | sed 's/^/ü€/'", linesPrinted))
		var expected strings.Builder
		for number := range linesPrinted {
			fmt.Fprintf(&expected, "ü€%d\n", number+1)
		}
		Expect(printed == expected.String()).To(BeTrue(), "%d bytes of %d", len(printed), expected.Len())
	}, SpecTimeout(2*patience))

	It("is complete when web is killed: noise", func(ctx SpecContext) {
		printed := logOfKilled(ctx, fmt.Sprintf(
			"echo; echo BEGIN; base64 </dev/urandom | head -c %d | tee /tmp/copy; echo; echo END; sha256sum </tmp/copy", randomBytes))
		found := regexp.MustCompile(`(?s)\nBEGIN\n(.*)\nEND\n([0-9a-f]{64})`).FindStringSubmatch(printed)
		Expect(found).To(HaveLen(3))
		sum := sha256.Sum256([]byte(found[1]))
		Expect(hex.EncodeToString(sum[:])).To(Equal(found[2]), "%d bytes", len(found[1]))
	}, SpecTimeout(2*patience))

	It("is complete when Postgres crashes", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "",
			"echo; for i in $(seq 300); do echo out-$i-; echo err-$i- >&2; sleep 0.05; done"))
		start(ctx, p)
		Eventually(watch(ctx, p)).WithTimeout(patience).Should(ContainSubstring("out-20-"))

		Expect(runs.Cluster.CrashPostgres(ctx)).To(Succeed())
		By("leaving it down while the task prints")
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
		}
		Expect(runs.Cluster.StartPostgres(ctx)).To(Succeed())

		succeeds(p)
		log := log(p)
		for i := range 300 {
			for _, stream := range []string{"out", "err"} {
				line := fmt.Sprintf("%s-%d-\n", stream, i+1)
				Expect(strings.Count(log, line)).To(Equal(1), line)
			}
		}
	}, SpecTimeout(2*patience))

	It("of a get is complete when it printed while web was away", func(ctx SpecContext) {
		repository := pushScripts(map[string]string{
			"check": `echo '[{"version":"1"}]'`,
			"in":    `echo before >&2; n=0; while [ $n -lt 100 ]; do n=$((n+1)); echo "line-$n-" >&2; sleep 0.2; done; echo '{"version":{"version":"1"}}'`,
		})
		p := setPipeline(ctx, fmt.Sprintf(`
resource_types:
- {name: printing, type: registry-image, source: {repository: %s}}
resources:
- {name: r, type: printing, check_every: never, source: {}}
jobs:
- name: main
  plan:
  - get: r
`, repository))
		start(ctx, p)
		Eventually(watch(ctx, p)).WithTimeout(patience).Should(ContainSubstring("line-3-"))
		killWeb(ctx)
		succeeds(p)
		log := log(p)
		for i := range 100 {
			line := fmt.Sprintf("line-%d-\n", i+1)
			Expect(strings.Count(log, line)).To(Equal(1), line)
		}
	}, SpecTimeout(2*patience))
})
