package main

import (
	"image/color"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// draw writes cpu.svg and memory.svg: two-phase commit, states against CPU seconds and against memory above start-up. Both axes are
// logarithmic, where what grows linearly lies along the dashed line: the largest size's cost for each state.
func (r report) draw(folder string) error {
	var cpu, memory plotter.XYs
	start := find(r.tasks, oursTrivial, 0)
	for _, t := range r.line() {
		states := float64(t.want.distinct)
		// A log scale has no place for a size that costs no more than start-up does, as far as the clock can see.
		if above := t.cpu() - start.cpu(); above > 0 {
			cpu = append(cpu, plotter.XY{X: states, Y: above})
		}
		if above := t.peak() - start.peak(); above > 0 {
			memory = append(memory, plotter.XY{X: states, Y: above / (1 << 20)})
		}
	}
	if err := drawLine(filepath.Join(folder, "cpu.svg"), "CPU seconds above start-up", cpu); err != nil {
		return err
	}
	return drawLine(filepath.Join(folder, "memory.svg"), "MiB above start-up", memory)
}

func drawLine(path, label string, points plotter.XYs) error {
	p := plot.New()
	p.Title.Text = "Two-phase commit, one worker"
	p.X.Label.Text, p.Y.Label.Text = "distinct states", label
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	if len(points) > 0 {
		measured, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		last := points[len(points)-1]
		linear, err := plotter.NewLine(plotter.XYs{{X: points[0].X, Y: last.Y * points[0].X / last.X}, last})
		if err != nil {
			return err
		}
		linear.Dashes, linear.Color = []vg.Length{vg.Points(4), vg.Points(3)}, color.Gray{Y: 128}
		p.Add(plotter.NewGrid(), linear, measured, dots)
		p.Legend.Add("measured", measured, dots)
		p.Legend.Add("linear", linear)
		p.Legend.Top, p.Legend.Left = true, true
	}
	return p.Save(15*vg.Centimeter, 10*vg.Centimeter, path)
}
