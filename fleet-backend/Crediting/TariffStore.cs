using Dapper;
using DePin.Fleet.Nodes;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Crediting;

/// <summary>The tariffs of the profiles, one version after the other; none is ever edited.</summary>
public static class TariffStore
{
    /// <summary>
    /// Makes the settings' tariffs the ones in force: the first of a profile counts from the beginning, a changed one from now on. What
    /// was measured before keeps its tariff.
    /// </summary>
    public static void Adopt(SqliteConnection connection, CreditingSettings settings, long nowUnixSeconds)
    {
        foreach (Profile profile in Profile.ByNumber.Values.OrderBy(profile => profile.Number))
        {
            Tariff tariff = settings.TariffFor(profile.ServesWifi);
            TariffVersion? latest = Versions(connection, profile.Number).LastOrDefault();
            if (latest?.Tariff != tariff)
            {
                connection.Execute(
                    "INSERT INTO tariff(profile, from_unix, micro_per_kwh, micro_per_hour) VALUES(@Number, @from, @MicroPerKilowattHour, @MicroPerServedHour)",
                    new { profile.Number, from = latest is null ? 0 : Math.Max(nowUnixSeconds, latest.FromUnixSeconds + 1), tariff.MicroPerKilowattHour, tariff.MicroPerServedHour });
            }
        }
    }

    /// <summary>All tariffs of a profile, oldest first.</summary>
    public static IReadOnlyList<TariffVersion> Versions(SqliteConnection connection, long profile) =>
        [.. connection.Query<(long From, long PerKilowattHour, long PerServedHour)>(
            "SELECT from_unix, micro_per_kwh, micro_per_hour FROM tariff WHERE profile = @profile ORDER BY from_unix",
            new { profile }).Select(row => new TariffVersion(row.From, new Tariff(row.PerKilowattHour, row.PerServedHour)))];
}
