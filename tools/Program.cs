using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DePin.Tools;
using DePin.Tools.Commands;

[assembly: InternalsVisibleTo("DePin.Tests")]

IngestBenchCommand.PrepareProcess(args);

// The first Ctrl-C or SIGTERM asks for a clean stop, the second ends at once.
using var stop = new CancellationTokenSource();
void Ask(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
return await CommandLine.RunAsync(args, Console.Out, Console.Error, stop.Token);
