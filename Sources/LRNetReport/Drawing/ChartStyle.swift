/// The style sheet of charts, which is once in the page and in every SVG file.
enum ChartStyle {
    private static func properties(_ isDark: Bool) -> String {
        var result =
            isDark
            ? "--surface:#191917;--ink:#f3f2ee;--ink2:#bab8b1;--grid:#35342f;--axis:#6b6963;"
                + "--s0:#a3a19a;"
            : "--surface:#fff;--ink:#1b1b19;--ink2:#595852;--grid:#e7e5df;--axis:#a6a49c;"
                + "--s0:#77756e;"
        for (number, pair) in ChartColor.series.enumerated() {
            result += "--s\(number + 1):\(isDark ? pair.dark : pair.light);"
        }
        for (number, pair) in ChartColor.ordered.enumerated() {
            result += "--o\(number + 1):\(isDark ? pair.dark : pair.light);"
        }
        return result
    }

    /// The colors: light, dark if the reader's system is dark, and always light on paper.
    /// `data-theme="light"` or `"dark"` on the root of a page or picture overrides the choice.
    static let colors = """
        :root{\(properties(false))color-scheme:light dark}
        @media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){\
        \(properties(true))}}
        @media screen{:root[data-theme=dark]{\(properties(true))color-scheme:dark}}
        :root[data-theme=light]{color-scheme:light}

        """

    /// The style of marks and text.
    static let marks: String = {
        var result = """
            .chart text{font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",\
            "DejaVu Sans",sans-serif;fill:var(--ink2);font-variant-numeric:tabular-nums}
            .chart text.title{font-size:13px;font-weight:600;fill:var(--ink)}
            .chart text.direct{fill:var(--ink)}
            .chart text.end{text-anchor:end}
            .chart text.middle{text-anchor:middle}
            .chart .grid{stroke:var(--grid);stroke-width:1;shape-rendering:crispEdges}
            .chart .axis{stroke:var(--axis);stroke-width:1;shape-rendering:crispEdges}
            .chart .line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
            .chart .dashed{stroke-dasharray:5 4}
            .chart .faint{stroke-width:1;opacity:.55}
            .chart .ring{fill:var(--surface);stroke-width:1.6}
            .chart .area{stroke:none;opacity:.55}
            .chart .tile{stroke:var(--axis);stroke-width:.6;fill:none}
            .chart .back{fill:var(--surface)}

            """
        let names =
            (0...ChartColor.series.count).map { "s\($0)" }
            + (1...ChartColor.ordered.count).map { "o\($0)" }
        for name in names {
            result += ".chart .\(name).line,.chart .\(name).ring{stroke:var(--\(name))}"
            result += ".chart .\(name).fill,.chart .\(name).area{fill:var(--\(name))}"
        }
        return result + "\n"
    }()
}
