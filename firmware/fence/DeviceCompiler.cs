using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DePin.Fence;

/// <summary>The SDK's own C# compiler, held to C# 9 and to the references it is given.</summary>
internal static class DeviceCompiler
{
    /// <summary>Compiles files into an assembly; the compiler's complaints, none where it worked.</summary>
    public static IReadOnlyList<string> Compile(IEnumerable<string> sources, IEnumerable<string> references, string output, bool allowsPointers, bool isNullable = true)
    {
        string response = Path.ChangeExtension(output, ".rsp");
        string[] lines =
        [
            "-nostdlib", "-nologo", "-target:library", "-langversion:9.0", "-optimize+", "-deterministic", "-warnaserror+",
            // CS1701: every surface assembly bears the same version. CS0436, CS8632 do not arise in whole programs. CS1591: comments are the other compilation's affair.
            "-nowarn:1701,1702,1591", "-debug-", .. isNullable ? ["-nullable:enable"] : new[] { "-nullable:disable", "-nowarn:8632" }, $"-out:\"{output}\"",
            .. allowsPointers ? ["-unsafe"] : Array.Empty<string>(),
            .. references.Select(reference => $"-reference:\"{reference}\""),
            .. sources.Select(source => $"\"{source}\""),
        ];
        File.WriteAllLines(response, lines);
        var start = new ProcessStartInfo(DotnetRoot("dotnet"), [CompilerPath(), "-noconfig", $"@{response}"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using Process compiler = Process.Start(start) ?? throw new InvalidOperationException("The compiler could not be started.");
        Task<string> errors = compiler.StandardError.ReadToEndAsync();
        string text = compiler.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        compiler.WaitForExit();
        string[] complaints = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return compiler.ExitCode == 0 || complaints.Length > 0 ? complaints : [$"the compiler ended with {compiler.ExitCode}"];
    }

    private static string CompilerPath() =>
        Directory.GetDirectories(DotnetRoot("sdk"))
            .Where(folder => Version.TryParse(Path.GetFileName(folder), out Version? version) && version.Major == Environment.Version.Major)
            .OrderByDescending(folder => Version.Parse(Path.GetFileName(folder)))
            .Select(folder => Path.Combine(folder, "Roslyn", "bincore", "csc.dll"))
            .FirstOrDefault(File.Exists) ?? throw new InvalidOperationException($"No SDK of .NET {Environment.Version.Major} with a compiler is in {DotnetRoot("sdk")}.");

    // The runtime is in shared/Microsoft.NETCore.App/VERSION/ below the root.
    private static string DotnetRoot(string name) =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
}
