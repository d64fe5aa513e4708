// swift-tools-version: 6.2
import PackageDescription

// The target CPU of a release build, by default `native`. For any CPU with AVX2, use
// `LRNET_MARCH=x86-64-v3 swift build -c release`.
let march = Context.environment["LRNET_MARCH"] ?? "native"

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-Xcc", "-march=\(march)"], .when(configuration: .release)),
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "lrnet-dist",
    products: [
        .executable(name: "lrnet-dist", targets: ["lrnet-dist"]),
        .executable(name: "lrnet-data", targets: ["lrnet-data"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries, each imported by exactly one target. CProcessor, CVectorMath and CThreads are
        // headers for C code that Swift cannot call directly; LRNetKernels and LRNetSupport import
        // CThreads.
        // LRNetKernels loads OpenBLAS when a matrix product needs it, and LRNetCollectives loads the
        // MPI library of the launcher.
        .systemLibrary(
            name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(
            name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CVectorMath"),
        .systemLibrary(name: "CThreads"),
        .systemLibrary(name: "CProcessor"),

        library(
            "LRNetSupport",
            ["CProcessor", "CThreads", .product(name: "Crypto", package: "swift-crypto")]),
        library("LRNetKernels", ["CThreads", "CVectorMath", "LRNetSupport"]),
        library("LRNetReference", ["LRNetKernels"]),
        library("LRNetHDF5", ["CHDF5", "LRNetKernels", "LRNetSupport"]),
        library("LRNetCollectives", ["LRNetKernels", "LRNetSupport"]),
        library("LRNetLayers", ["LRNetKernels", "LRNetSupport"]),
        library(
            "LRNetData",
            ["CPNG", "CTurboJPEG", "CZlib", "LRNetHDF5", "LRNetKernels", "LRNetSupport"]),
        library("LRNetCommandLine", ["LRNetSupport", argumentParser]),
        library("LRNetWatchdog", ["LRNetCollectives", "LRNetSupport"]),
        library(
            "LRNetDiagnostics", ["LRNetCollectives", "LRNetHDF5", "LRNetKernels", "LRNetSupport"]),
        library(
            "LRNetTraining",
            [
                "LRNetDiagnostics", "LRNetWatchdog", "LRNetLayers", "LRNetCollectives",
                "LRNetData", "LRNetHDF5", "LRNetKernels", "LRNetSupport", "Yams",
            ]),
        library(
            "LRNetBenchmarks",
            [
                "LRNetDeployment", "LRNetTraining", "LRNetDiagnostics", "LRNetLayers",
                "LRNetCollectives", "LRNetData", "LRNetKernels", "LRNetReference",
                "LRNetSupport",
            ]),
        library(
            "LRNetReport",
            [
                "LRNetTraining", "LRNetDiagnostics", "LRNetLayers", "LRNetData", "LRNetKernels",
                "LRNetSupport",
            ]),
        library(
            "LRNetDeployment",
            ["LRNetTraining", "LRNetLayers", "LRNetData", "LRNetKernels", "LRNetSupport"]),
        // A program must list every module that it imports. Otherwise SwiftPM does not recompile it
        // when such a module changes.
        program(
            "lrnet-dist",
            [
                "LRNetDeployment", "LRNetReport", "LRNetBenchmarks", "LRNetTraining",
                "LRNetDiagnostics",
                "LRNetWatchdog", "LRNetLayers", "LRNetCollectives", "LRNetCommandLine",
                "LRNetData", "LRNetSupport", argumentParser,
            ]),
        program(
            "lrnet-data",
            [
                "LRNetCollectives", "LRNetCommandLine", "LRNetData", "LRNetKernels",
                "LRNetSupport", argumentParser,
            ]),

        // Checks that tests launch under mpirun. This program is not a product.
        program(
            "lrnet-mpi-checks",
            ["LRNetBenchmarks", "LRNetCollectives", "LRNetKernels", "LRNetSupport"]),

        .target(
            name: "LRNetTestSupport",
            dependencies: ["LRNetCollectives", "LRNetKernels", "LRNetSupport"],
            path: "Tests/LRNetTestSupport", swiftSettings: settings),
        .target(
            name: "LRNetLaunchSupport", path: "Tests/LRNetLaunchSupport",
            swiftSettings: settings),
        tests("LRNetSupportTests", ["LRNetLaunchSupport", "LRNetSupport"]),
        tests("LRNetKernelsTests", ["LRNetKernels", "LRNetReference", "LRNetTestSupport"]),
        tests(
            "LRNetHDF5Tests", ["LRNetHDF5", "LRNetKernels", "LRNetLaunchSupport", "LRNetSupport"]),
        tests(
            "LRNetCollectivesTests",
            [
                "LRNetCollectives", "LRNetKernels", "LRNetLaunchSupport", "LRNetSupport",
                "LRNetTestSupport",
            ]),
        tests(
            "LRNetLayersTests",
            [
                "LRNetLayers", "LRNetKernels", "LRNetReference", "LRNetSupport",
                "LRNetTestSupport",
            ],
            exclude: ["Golden"]),
        tests(
            "LRNetDataTests",
            [
                "LRNetData", "LRNetHDF5", "LRNetKernels", "LRNetLaunchSupport", "LRNetReference",
                "LRNetSupport", "LRNetTestSupport",
            ],
            exclude: ["Golden"]),
        tests("LRNetCommandLineTests", ["LRNetCommandLine", "LRNetLaunchSupport"]),
        tests(
            "DocumentationTests",
            ["LRNetCommandLine", "LRNetLaunchSupport", "LRNetSupport", "LRNetTraining"]),
        tests(
            "LRNetWatchdogTests",
            [
                "LRNetCollectives", "LRNetKernels", "LRNetLaunchSupport", "LRNetSupport",
                "LRNetWatchdog",
            ]),
        tests("LRNetDiagnosticsTests", ["LRNetCollectives", "LRNetDiagnostics"]),
        tests(
            "LRNetTrainingTests",
            [
                "LRNetCollectives", "LRNetData", "LRNetKernels", "LRNetLaunchSupport",
                "LRNetLayers", "LRNetSupport", "LRNetTestSupport", "LRNetTraining",
                "LRNetWatchdog",
            ], exclude: ["Golden"]),
        tests(
            "LRNetDeploymentTests",
            [
                "LRNetData", "LRNetDeployment", "LRNetKernels", "LRNetLaunchSupport",
                "LRNetLayers", "LRNetSupport", "LRNetTraining",
            ],
            exclude: [
                "Devices", "check_hls4ml.py", "check_loader.py", "check_onnx.py", "check_qonnx.py",
                "write_operators.py",
            ]),
        tests("LRNetBenchmarksTests", ["LRNetBenchmarks", "LRNetSupport"]),
        tests(
            "LRNetReportTests",
            ["LRNetLaunchSupport", "LRNetReport", "LRNetSupport", "LRNetTraining"]),
        tests(
            "EndToEndTests",
            [
                "LRNetData", "LRNetDiagnostics", "LRNetHDF5", "LRNetKernels",
                "LRNetLaunchSupport", "LRNetLayers", "LRNetSupport", "LRNetTraining", "Yams",
            ],
            exclude: ["Fixtures", "read_events.py"]),
    ],
    swiftLanguageModes: [.v6]
)
