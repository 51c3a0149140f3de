// Go's part in the benchmarks: goroutines on one processor, measured as Google
// Benchmark measures the others, and printed in the same fields.
//
//	bench ROW [SECONDS]   measures one row for that long (0.05)
//	bench --list          prints the rows
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"syscall"
	"time"
)

// A row does its work n times, between start and stop, and may set counters.
type row func(n int, m *meter)

type meter struct {
	cpu, real float64
	counters  map[string]float64
	// Set by a row that is to run once only, with n = 1.
	once bool

	cpuAtStart float64
	began      time.Time
}

func (m *meter) start() { m.cpuAtStart, m.began = cpuTime(), time.Now() }
func (m *meter) stop() {
	m.cpu = cpuTime() - m.cpuAtStart
	m.real = float64(time.Since(m.began).Nanoseconds())
}

var rows = map[string]row{}

// CPU time of the process, in nanoseconds.
func cpuTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

// Measures the row with more and more iterations, until they take minTime.
func measure(name string, r row, minTime float64) map[string]any {
	for n := 1; ; {
		runtime.GC()
		m := &meter{}
		r(n, m)
		if m.once || m.cpu >= minTime*1e9 {
			result := map[string]any{
				"name": name, "run_name": name, "iterations": n, "time_unit": "ns",
				"cpu_time": m.cpu / float64(n), "real_time": m.real / float64(n),
			}
			for key, value := range m.counters {
				result[key] = value
			}
			return result
		}
		n = int(float64(n)*min(10, 1.4*minTime*1e9/max(m.cpu, 1))) + 1
	}
}

func min(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func max(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: bench ROW [SECONDS] | bench --list")
		os.Exit(2)
	}
	if os.Args[1] == "--list" {
		names := []string{}
		for name := range rows {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	r, known := rows[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "bench: unknown row %q; --list prints those there are\n", os.Args[1])
		os.Exit(2)
	}
	minTime := 0.05
	if len(os.Args) > 2 {
		seconds, err := strconv.ParseFloat(os.Args[2], 64)
		if err != nil || !(seconds > 0) {
			fmt.Fprintf(os.Stderr, "bench: %q is no number of seconds above 0\n", os.Args[2])
			os.Exit(2)
		}
		minTime = seconds
	}
	result := map[string]any{"benchmarks": []any{measure(os.Args[1], r, minTime)}}
	encoder := json.NewEncoder(os.Stdout)
	if err := encoder.Encode(result); err != nil {
		panic(err)
	}
}
