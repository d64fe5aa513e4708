import ArgumentParser
import LRNetReport
import LRNetSupport

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Plot what runs recorded: an HTML page, SVG figures, TensorBoard files.",
        discussion: """
            The figures include those of the LR-nets paper. Runs on the same data set are compared \
            with each other; --data adds figures of neurons and misclassified images.
              lrnet-dist report runs/a runs/b --output report.html --data data/mnist
            """)

    @Argument(help: ArgumentHelp("Run folders.", valueName: "run"))
    var runs: [String]

    @Option(help: "HTML page to write.")
    var output: String?

    @Option(
        help: "Folder for the SVG figures; by default, next to the page, such as report-figures.")
    var figures: String?

    @Option(help: "Data set folder, for figures that need images.")
    var data: String?

    @Option(help: "Folder for TensorBoard event files, with one subfolder per run.")
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
                    + "SVG files in \(options.figuresFolder)")
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
