package engine

import (
	"encoding/json"
	"fmt"
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

	source, err := d.redact(get.Source)
	if err != nil {
		return fmt.Errorf("leave secrets out of the policy check of image %s: %w", get.Name, err)
	}
	result, err := d.policyChecker.Check(policy.PolicyCheckInput{
		Action:   policy.ActionUseImage,
		Team:     d.build.TeamName(),
		Pipeline: d.build.PipelineName(),
		Data:     map[string]any{"image_type": get.Type, "image_source": source, "privileged": privileged},
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

func (d *buildStepDelegate) redact(source atc.Source) (atc.Source, error) {
	encoded, err := json.Marshal(source)
	if err != nil {
		return nil, err
	}
	text := redactedText(encoded)
	d.state.IterateInterpolatedCreds(&text)

	var redacted atc.Source
	return redacted, json.Unmarshal([]byte(text), &redacted)
}

// redactedText is a text without the secrets that it was shown.
type redactedText string

// YieldCred takes each line of a secret's value out of the text. Single
// characters stay, as they do in upstream's build logs.
func (t *redactedText) YieldCred(_, value string) {
	for line := range strings.Lines(value) {
		if secret := strings.TrimSpace(line); len(secret) > 1 {
			*t = redactedText(strings.ReplaceAll(string(*t), secret, "((redacted))"))
		}
	}
}
