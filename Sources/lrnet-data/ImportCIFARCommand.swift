import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data import cifar`.
struct ImportCIFARCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cifar",
        abstract: "Converts CIFAR-10 or CIFAR-100, the binary or the python version.",
        discussion: """
            The first --validation training pictures are held out as the validation split. \
            CIFAR-100 gets its 100 fine labels. The python version's pickles are read without \
            executing anything. The folder --output must not exist or be empty; it appears when \
            all is written.
            """)

    @Argument(help: "The downloaded archive (cifar-10-binary.tar.gz), or the unpacked folder.")
    var source: String

    @OptionGroup var options: ArrayImportOptions

    func run() throws {
        try options.run(CIFARImporter(source: source))
    }
}
