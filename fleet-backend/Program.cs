using DePin.Fleet;

try
{
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
