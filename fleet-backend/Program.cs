using DePin.Fleet;
using DePin.Fleet.Upkeep;

try
{
    if (OfflineCommand.IsAsked(args))
    {
        return OfflineCommand.Run(args, CancellationToken.None);
    }

    FleetSettings settings = SettingsReader.Read(args);
    await using FleetBackend backend = FleetBackend.Create(settings, Clock.Of(settings));
    await backend.RunAsync();
    return 0;
}
catch (StartRefusedException refusal)
{
    await Console.Error.WriteLineAsync(refusal.Message);
    return 2;
}
catch (Exception problem)
{
    // Nothing foreseen: the trace is for who repairs it, one sentence for everybody else.
    string said = Environment.GetEnvironmentVariable("DEPIN_VERBOSE") is "1"
        ? problem.ToString()
        : $"The backend ended: {problem.Message.ReplaceLineEndings(" ").TrimEnd('.')} ({problem.GetType().Name}). What was stored is kept; start it again, with DEPIN_VERBOSE=1 to see where it happened.";
    await Console.Error.WriteLineAsync(said);
    return 1;
}
