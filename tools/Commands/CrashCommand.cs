using System.CommandLine;

namespace DePin.Tools.Commands;

internal static class CrashCommand
{
    public static Command Create() => new("crash", "x");
}
