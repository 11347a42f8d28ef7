// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

const loginUsage = `Usage: tenancy-local login --user NAME [--groups A,B] [--dir DIR] [--ttl 8h]

Makes somebody known to the cluster in DIR: signs an ID token that says who they
are, and puts it into the cluster's kubeconfig, in a context of their name.
Nobody asks for a password: whoever may read DIR may be anyone.

`

// login does what the arguments after "login" say, and writes to stdout what to type next.
func login(args []string, stdout io.Writer) error {
	flags := pflag.NewFlagSet("tenancy-local login", pflag.ContinueOnError)
	var person localcluster.Identity
	flags.StringVar(&person.User, "user", "", "user name (required)")
	flags.StringSliceVar(&person.Groups, "groups", nil, "groups, separated by commas")
	flags.DurationVar(&person.Lifetime, "ttl", 8*time.Hour, "how long the token is good for")
	dir := flags.String("dir", defaultDir, "directory of the cluster")
	printToken := flags.Bool("print-token", false, "print the token, and leave the kubeconfig as it is")
	flags.Usage = func() { fmt.Fprint(os.Stderr, loginUsage, "Flags:\n", flags.FlagUsages()) }
	if err := flags.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return nil
	} else if err != nil {
		return fmt.Errorf("%w (see login --help)", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q (see login --help)", flags.Arg(0))
	}
	if *printToken {
		token, err := localcluster.Token(*dir, person)
		if err == nil {
			_, err = fmt.Fprintln(stdout, token)
		}
		return err
	}
	kubeconfig, err := localcluster.Login(*dir, person)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s is logged in for %s, with groups [%s]\n\n"+
		"export KUBECONFIG=%s\nkubectl --context %s get projects -A\n",
		person.User, person.Lifetime, strings.Join(person.Groups, ", "), kubeconfig, person.User)
	return err
}
