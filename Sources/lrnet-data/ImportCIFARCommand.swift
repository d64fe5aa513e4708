import ArgumentParser
import LRNetData
import LRNetSupport

struct ImportCIFARCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cifar",
        abstract: "Convert CIFAR-10 or CIFAR-100, in the binary or the Python version.",
        discussion: """
            The first --validation training images are held out as the validation split. \
            CIFAR-100 uses its 100 fine labels. The Python version's pickles are read without \
            executing anything. The --output folder must be empty or not exist; it appears when \
            everything is written.
            """)

    @Argument(help: "Downloaded archive (cifar-10-binary.tar.gz), or the unpacked folder.")
    var source: String

    @OptionGroup var options: ArrayImportOptions

    func run() throws {
        try options.run(CIFARImporter(source: source))
    }
}
