package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/policy"
)

// checkImagePolicy asks the policy checker about an image, with the same input
// as upstream's buildStepDelegate and the values of secrets left out of it.
func (d *buildStepDelegate) checkImagePolicy(get *atc.GetPlan, privileged bool) error {
	if !d.policyChecker.ShouldCheckAction(policy.ActionUseImage) {
		return nil
	}

	result, err := d.policyChecker.Check(policy.PolicyCheckInput{
		Action:   policy.ActionUseImage,
		Team:     d.build.TeamName(),
		Pipeline: d.build.PipelineName(),
		Data:     map[string]any{"image_type": get.Type, "image_source": d.redactedSource(get.Source), "privileged": privileged},
	})
	if err != nil {
		return fmt.Errorf("policy check: %w", err)
	}
	if result.Allowed() {
		return nil
	}

	denied := policy.PolicyCheckNotPass{Messages: result.Messages()}
	if result.ShouldBlock() {
		return denied
	}
	fmt.Fprintf(d.upstream.Stderr(), "\x1b[1;33m%s\x1b[0m\n\n\x1b[33mWARNING: the policy is enforced softly, the step goes on\x1b[0m\n", denied.Error())
	return nil
}

// redactedSource leaves out the secrets that the build has read. It looks for
// them in the values: JSON writes some characters of theirs in another way.
func (d *buildStepDelegate) redactedSource(source atc.Source) atc.Source {
	return d.redactedMap(source)
}

func (d *buildStepDelegate) redactedMap(original map[string]any) map[string]any {
	redacted := map[string]any{}
	for key, value := range original {
		redacted[d.redactedString(key)] = d.redactedValue(value)
	}
	return redacted
}

func (d *buildStepDelegate) redactedValue(original any) any {
	switch value := original.(type) {
	case map[string]any:
		return d.redactedMap(value)
	case []any:
		redacted := make([]any, len(value))
		for i := range value {
			redacted[i] = d.redactedValue(value[i])
		}
		return redacted
	}
	text := fmt.Sprint(original)
	if number, ok := original.(float64); ok {
		text = strconv.FormatFloat(number, 'f', -1, 64)
	}
	if redacted := d.redactedString(text); redacted != text {
		return redacted
	}
	return original
}

func (d *buildStepDelegate) redactedString(text string) string {
	redacted := redactedText(text)
	d.state.IterateInterpolatedCreds(&redacted)
	return string(redacted)
}

// redactedText is a text without the secrets that it was shown.
type redactedText string

// YieldCred takes each line of a secret's value out of the text, also where it
// is quoted as Go's errors do. Single characters stay, as they do in upstream's
// build logs.
func (t *redactedText) YieldCred(_, value string) {
	for line := range strings.Lines(value) {
		secret := strings.TrimSpace(line)
		if len(secret) <= 1 {
			continue
		}
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, quoted[1 : len(quoted)-1]} {
			*t = redactedText(strings.ReplaceAll(string(*t), form, "((redacted))"))
		}
	}
}
