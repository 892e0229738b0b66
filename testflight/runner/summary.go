package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

// Summary says how a run went.
type Summary struct {
	// Suite is its name.
	Suite          string
	Passed, Failed int
	// Skipped counts the specs that decided not to run or were not reached.
	Skipped int
	Took    time.Duration
	// End is the part of it that came after the last spec.
	End time.Duration
	// Remarks are a line for each spec that did not pass, with its reason, and for
	// whatever else failed.
	Remarks []string
}

// readReport reads the JSON that Ginkgo wrote.
func readReport(file string) (Summary, error) {
	written, err := os.ReadFile(file)
	if err != nil {
		return Summary{}, fmt.Errorf("read the report of Ginkgo, which it writes at the end of a run: %w", err)
	}
	var reports []types.Report
	if err := json.Unmarshal(written, &reports); err != nil {
		return Summary{}, fmt.Errorf("read the report of Ginkgo, %s: %w", file, err)
	}
	var summary Summary
	for _, report := range reports {
		summary.add(report)
	}
	return summary, nil
}

func (s *Summary) add(report types.Report) {
	s.Took += report.RunTime
	s.Remarks = append(s.Remarks, report.SpecialSuiteFailureReasons...)
	for _, node := range report.SpecReports {
		s.addNode(node)
	}
}

func (s *Summary) addNode(node types.SpecReport) {
	if node.LeafNodeType.Is(types.NodeTypeAfterSuite | types.NodeTypeSynchronizedAfterSuite) {
		s.End = max(s.End, node.RunTime) // of the process that is the last
	}

	isSpec := node.LeafNodeType.Is(types.NodeTypeIt)
	switch {
	case node.State.Is(types.SpecStateFailureStates):
		if isSpec {
			s.Failed++
		}
		s.remark("failed", node)
	case !isSpec: // a BeforeSuite, say
	case node.State.Is(types.SpecStatePassed):
		s.Passed++
	default:
		s.Skipped++
		s.remark("skipped", node)
	}
}

func (s *Summary) remark(outcome string, node types.SpecReport) {
	name := node.FullText()
	if name == "" {
		name = node.LeafNodeType.String()
	}
	reason, _, _ := strings.Cut(strings.TrimSpace(node.Failure.Message), "\n")
	s.Remarks = append(s.Remarks, fmt.Sprintf("%s after %.0fs: %s: %s", outcome, node.RunTime.Seconds(), name, reason))
}

// String is the remarks, how long it took, and a last line with the counts.
func (s Summary) String() string {
	lines := append(append([]string{}, s.Remarks...),
		fmt.Sprintf("%s took %s, %s of it after the last spec", s.Suite,
			s.Took.Round(time.Second), s.End.Round(time.Second)),
		fmt.Sprintf("%d passed, %d failed, %d skipped", s.Passed, s.Failed, s.Skipped))
	return strings.Join(lines, "\n")
}
