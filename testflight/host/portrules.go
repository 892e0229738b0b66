package host

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// RemovePortRules removes the packet filter rules that CNI's portmap plugin made for host
// ports of a network's pods, and its own chains if no other network uses them.
func RemovePortRules(ctx context.Context, network string) error {
	saved, err := Output(ctx, "iptables-save", "-t", "nat")
	if err != nil {
		return err
	}
	script := portRulesRemoval(saved, network)
	if script == "" {
		return nil
	}
	restore := exec.CommandContext(ctx, "iptables-restore", "--noflush")
	restore.Stdin = strings.NewReader(script)
	_, err = Run(restore)
	return err
}

const portChain = "CNI-HOSTPORT-DNAT"

// sharedChains are portmap's for all networks.
var sharedChains = []string{portChain, "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"}

// portRules are what portmap made for a network.
type portRules struct {
	// rules lead to chains, of which there is one per pod.
	rules, chains []string
	// shared are those of sharedChains that there are.
	shared []string
	// usedByOthers says whether another network has pods with host ports.
	usedByOthers bool
}

// portRulesRemoval returns the iptables-restore script that removes a CNI
// network's port rules from saved ones, "" if there is nothing to remove.
func portRulesRemoval(saved, network string) string {
	found := portRulesOf(saved, network)
	rules, chains := found.rules, found.chains
	if !found.usedByOthers {
		rules = append(rules, rulesTo(found.shared, saved)...)
		chains = append(chains, found.shared...)
	}
	if len(chains) == 0 {
		return ""
	}
	return removal(rules, chains)
}

// portRulesOf finds a network's rules among saved ones.
func portRulesOf(saved, network string) portRules {
	// Which network a pod's chain is for stands in the comment of the rule that
	// leads to it.
	comment := fmt.Sprintf(`--comment "dnat name: \"%s\" id:`, network)
	var found portRules
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		chain, _, _ := strings.Cut(strings.TrimPrefix(line, ":"), " ")
		switch {
		case strings.HasPrefix(line, ":") && slices.Contains(sharedChains, chain):
			found.shared = append(found.shared, chain)
		case !strings.HasPrefix(line, "-A "+portChain+" "):
		case strings.Contains(line, comment):
			found.rules = append(found.rules, line)
			found.chains = append(found.chains, target(line))
		default:
			found.usedByOthers = true
		}
	}
	return found
}

// removal is the script that deletes rules, then chains.
func removal(rules, chains []string) string {
	script := []string{"*nat"}
	for _, rule := range rules {
		script = append(script, "-D"+strings.TrimPrefix(rule, "-A"))
	}
	for _, chain := range chains {
		script = append(script, "-F "+chain)
	}
	for _, chain := range chains {
		script = append(script, "-X "+chain)
	}
	return strings.Join(append(script, "COMMIT", ""), "\n")
}

// rulesTo returns the rules of the kernel's own chains that lead to one of these.
func rulesTo(chains []string, saved string) []string {
	var rules []string
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "-A ") && !strings.HasPrefix(line, "-A CNI-") && slices.Contains(chains, target(line)) {
			rules = append(rules, line)
		}
	}
	return rules
}

// target is the chain that a rule leads to.
func target(rule string) string {
	_, after, _ := strings.Cut(rule, " -j ")
	chain, _, _ := strings.Cut(after, " ")
	return chain
}
