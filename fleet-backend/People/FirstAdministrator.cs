using System.Text;
using DePin.Fleet.Storage;

namespace DePin.Fleet.People;

/// <summary>
/// Lets the first administrator in: where none ever existed, each start makes a link that works once within 30 minutes and puts it on the
/// console and into a file that only the owner of the data folder reads.
/// </summary>
internal sealed class FirstAdministrator(DataFolder folder, StoreWriter writer, PeopleClock clock, ILogger<FirstAdministrator> logger)
{
    private const string FileName = "first-administrator.txt";
    private const long GoodForMilliseconds = 30 * 60_000;

    /// <summary>Makes the link where it is needed.</summary>
    /// <param name="address">Where pages are.</param>
    public async Task OfferAsync(string address)
    {
        long now = clock.UnixMilliseconds;
        string? secret = await writer.RunAsync(connection => PersonStore.IsAny(connection, Roles.Administrator)
            ? null
            : LinkStore.Make(connection, LinkStore.FirstAdministrator, null, Roles.Administrator, "start", now, now + GoodForMilliseconds));
        if (secret is null)
        {
            Withdraw();
            return;
        }

        string link = $"{address}/join/{secret}";
        folder.WritePrivate(FileName, Encoding.ASCII.GetBytes(link + "\n"));
        logger.LogInformation("There is no administrator yet. Whoever opens {Link} within 30 minutes becomes one; the link is in {File} too. A later start makes another.", link, folder.FileOf(FileName));
    }

    /// <summary>Takes the file away.</summary>
    public void Withdraw() => File.Delete(folder.FileOf(FileName));
}
