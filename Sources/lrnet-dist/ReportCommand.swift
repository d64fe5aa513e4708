import ArgumentParser
import LRNetReport
import LRNetSupport

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draw what runs recorded: one HTML page, its pictures as SVG, TensorBoard files.",
        discussion: """
            The figures are those of the LR-nets paper, and some more. Runs of one data set are \
            compared with each other; with --data, neurons and wrong pictures are shown.
              lrnet-dist report runs/mnist-ternary runs/mnist-binary --output report.html \\
                --data data/mnist
            """)

    @Argument(help: ArgumentHelp("The runs' folders.", valueName: "run"))
    var runs: [String]

    @Option(help: "The page to write.")
    var output: String?

    @Option(
        help: "The folder of the pictures; beside the page, such as report-figures, by default.")
    var figures: String?

    @Option(help: "The data set's folder, for figures that need images.")
    var data: String?

    @Option(help: "A folder to write TensorBoard event files into, one folder a run.")
    var tensorboard: String?

    func validate() throws {
        if output == nil && tensorboard == nil {
            throw ValidationError("give --output PAGE, --tensorboard FOLDER, or both")
        }
        if output == nil && (figures != nil || data != nil) {
            throw ValidationError("--figures and --data need --output")
        }
    }

    func run() throws {
        if let output {
            try OutputPath("--output", output).check(.page)
            var options = Report.Options(runs: runs, output: output)
            options.figures = figures
            options.data = data
            let report = try Report(options: options)
            try report.write()
            let drawn = report.figures.filter { $0.missing == nil }
            Console.show(
                "\(output): \(drawn.count) of \(report.figures.count) figures of "
                    + "\(report.runs.count) \(report.runs.count == 1 ? "run" : "runs"); "
                    + "pictures in \(options.figuresFolder)")
            for figure in report.figures {
                if let missing = figure.missing {
                    Console.show("not drawn: \(figure.title): \(missing)")
                }
            }
        }
        if let tensorboard {
            let files = try TensorBoardExport.write(ReportRun.load(runs), to: tensorboard)
            for file in files { Console.show(file) }
        }
    }
}
