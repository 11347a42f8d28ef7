// SPDX-License-Identifier: Apache-2.0

package neighbour

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
)

// floodVariable says that the program is to flood, as its standard input tells.
const floodVariable = "TENANCY_TEST_FLOOD"

// flood is requests of one Tenant's people to one of its Projects, as many at a time as there are connections.
type flood struct {
	Host        string
	CA          []byte
	Project     string
	Connections []identity
}

type identity struct{ Cert, Key []byte }

// start floods from a process of its own, after all others: it is not CPU of clients that is to be shared. The
// returned function ends it and says how much was asked, and how much of that was refused.
func (f flood) start(t *testing.T) (stop func() (asked, refused int)) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	told, err := json.Marshal(f)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "nice", "-n", "5", program)
	command.Env = append(os.Environ(), floodVariable+"=1")
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	var said strings.Builder
	command.Stdout, command.Stderr = &said, os.Stderr
	require.NoError(t, command.Start())
	_, err = stdin.Write(append(told, '\n'))
	require.NoError(t, err)
	return func() (asked, refused int) {
		require.NoError(t, stdin.Close()) // Its end is the sign.
		require.NoError(t, command.Wait())
		_, err := fmt.Sscan(said.String(), &asked, &refused)
		require.NoError(t, err, said.String())
		return asked, refused
	}
}

// runFlood is the process: it floods until its standard input ends.
func runFlood() error {
	var f flood
	if err := json.NewDecoder(os.Stdin).Decode(&f); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	var asked, refused atomic.Int64
	var flooding sync.WaitGroup
	for _, who := range f.Connections {
		clients, err := versioned.NewForConfig(&rest.Config{Host: f.Host, QPS: -1, Timeout: time.Minute,
			TLSClientConfig: rest.TLSClientConfig{CAData: f.CA, CertData: who.Cert, KeyData: who.Key}})
		if err != nil {
			return err
		}
		client := clients.SpectrocloudV1alpha1().RESTClient()
		flooding.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				request := client.Get()
				if n%2 == 1 {
					request = client.Post().Param("dryRun", "All").Body(&v1alpha1.AIWorkload{ObjectMeta: metav1.ObjectMeta{GenerateName: "flood-"}})
				}
				err := request.Namespace(f.Project).Resource("aiworkloads").MaxRetries(0).Do(ctx).Error()
				if errors.Is(err, context.Canceled) {
					return
				}
				asked.Add(1)
				if err != nil && refused.Add(1) == 1 {
					fmt.Fprintln(os.Stderr, "the first that the flood was refused:", err)
				}
			}
		})
	}
	flooding.Wait()
	fmt.Println(asked.Load(), refused.Load())
	return nil
}
