using System.Text;
using DePin.Contracts.Flashing;
using DePin.Node.Moving;

namespace DePin.Tests.Node.Moving;

/// <summary>What phones, and whoever else, send to the local page: requests and forms, bounded byte by byte.</summary>
public sealed class LocalRequestTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nAccept: */*\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.0\n\n", 200)]
    [InlineData("GET /favicon.ico HTTP/1.1\r\n", 404)]
    [InlineData("GET /?q HTTP/1.1\r\n", 404)]
    [InlineData("POST /x HTTP/1.1\r\n", 404)]
    [InlineData("DELETE / HTTP/1.1\r\n", 405)]
    [InlineData("\r\n", 405)]
    [InlineData("\u0016\u0003\u0001\u0002\n", 405)]
    [InlineData("POST / HTTP/1.1\r\n\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: -5\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 12x\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1537\r\n", 413)]
    public void A_request_has_the_status_that_it_deserves(string text, int status)
    {
        LocalRequest request = Read(Encoding.Latin1.GetBytes(text), out int taken);
        Assert.Equal((status, text.Length), (request.Status, taken));
    }

    [Fact]
    public void A_form_is_read_to_its_length_whatever_comes_in_pieces_or_behind()
    {
        LocalRequest request = Read("POST / HTTP/1.1\r\nHost: x\r\ncOnTent-LENGTH:  5\r\nX: y\r\n\r\na=b&cGET / HTTP/1.1"u8.ToArray(), out int taken);
        Assert.Equal((200, true, "a=b&c"), (request.Status, request.IsForm, Encoding.ASCII.GetString(request.Body)));
        Assert.Equal(59, taken);
    }

    [Fact]
    public void A_head_without_an_end_is_refused_at_its_bound()
    {
        Assert.Equal(431, Read([.. "GET / HTTP/1.1\r\n"u8, .. Enumerable.Repeat((byte)'a', 20_000)], out int taken).Status);
        Assert.Equal(LocalRequest.MaxHeadBytes + 1, taken);
    }

    [Fact]
    public void A_form_changes_networks_and_gateway_and_keeps_the_keys_that_were_left_empty()
    {
        NodeSettings way = Apply("n1=market&k1=&n2=%C3%A9cole+%26+co&k2=now+it+has+one&n3=new+one&k3=&h=gateway.example&p=443&t=00&zz=1", out string problem)!;
        Assert.Empty(problem);
        Assert.Equal(["market", "école & co", "new one"], way.NetworkNames.Select(Encoding.UTF8.GetString));
        Assert.Equal(["a secret key", "now it has one", ""], way.NetworkKeys.Select(Encoding.UTF8.GetString));
        Assert.Equal(("gateway.example", 443), (way.Host, way.Port));
        Assert.Equal(Ways.Flashed().Anchors, way.Anchors);
    }

    [Theory]
    [InlineData("", "Name at least one network.")]
    [InlineData("n1=&k1=12345678&h=a&p=1", "A key has no network.")]
    [InlineData("n1=123456789012345678901234567890123&h=a&p=1", "at most 32 bytes")]
    [InlineData("n1=a&k1=1234567&h=a&p=1", "8 to 64")]
    [InlineData("n1=a&h=&p=1", "The gateway is")]
    [InlineData("n1=a&h=a%2Fb&p=1", "The gateway is")]
    [InlineData("n1=a&h=a:8883&p=1", "The gateway is")]
    [InlineData("n1=a&h=a&p=0", "The port is")]
    [InlineData("n1=a&h=a&p=65536", "The port is")]
    [InlineData("n1=a&h=a&p=", "The port is")]
    [InlineData("n1=a&h=a&p=-1", "The port is")]
    [InlineData("n1=a%00b&h=a&p=1", "A field is")]
    [InlineData("n1=a%0Ab&h=a&p=1", "A field is")]
    [InlineData("n1=%&h=a&p=1", "A field is")]
    [InlineData("n1=%4&h=a&p=1", "A field is")]
    [InlineData("n1=%4G&h=a&p=1", "A field is")]
    [InlineData("n1=%G4&h=a&p=1", "A field is")]
    public void What_is_wrong_with_a_form_is_said_and_nothing_follows_from_it(string body, string words)
    {
        Assert.Null(Apply(body, out string problem));
        Assert.Contains(words, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_escapes_what_stands_in_it_and_holds_no_key()
    {
        NodeSettings settings = Ways.Flashed();
        settings.NetworkNames[0] = "\"><script>"u8.ToArray();
        string page = Encoding.UTF8.GetString(LocalPage.Form("ABCD", LocalForm.Of(settings), "00", "a < b"));
        Assert.Contains("value=\"&#34;&#62;&#60;script&#62;\"", page, StringComparison.Ordinal);
        Assert.Contains("école &#38; co", page, StringComparison.Ordinal);
        Assert.Contains("a &#60; b", page, StringComparison.Ordinal);
        Assert.DoesNotContain("a secret key", page, StringComparison.Ordinal);
        string[] parts = page.Split("\r\n\r\n", 2);
        Assert.Contains($"Content-Length: {Encoding.UTF8.GetByteCount(parts[1])}", parts[0], StringComparison.Ordinal);
        output.WriteLine($"the page has {Encoding.UTF8.GetByteCount(page)} bytes");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_request_and_no_form_throws_or_passes_a_bound(int seed)
    {
        var random = new Random(seed);
        byte[][] good =
        [
            "POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 60\r\n\r\nn1=market&k1=12345678&n2=%C3%A9&k2=&n3=&k3=&h=a.b&p=8883&t=0"u8.ToArray(),
            "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n"u8.ToArray(),
            "n1=market&k1=12345678&n2=%C3%A9+b&k2=&n3=&k3=&h=a.b&p=8883&t=0123456789abcdef"u8.ToArray(),
        ];
        int whole = 0;
        int applied = 0;
        for (int i = 0; i < 20_000; i++)
        {
            List<byte> input = [.. good[random.Next(good.Length)]];
            for (int change = random.Next(6); change > 0; change--)
            {
                int at = random.Next(input.Count);
                switch (random.Next(4))
                {
                    case 0:
                        input[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        input.RemoveRange(at, Math.Min(input.Count - at - 1, random.Next(9)));
                        break;
                    case 2:
                        input.InsertRange(at, input.GetRange(0, random.Next(at + 1)));
                        break;
                    default:
                        input[at] = "&=%+\r\n:0"u8[random.Next(8)];
                        break;
                }
            }

            byte[] bytes = [.. input];
            LocalRequest request = Read(bytes, out _);
            Assert.InRange(request.Body.Length, 0, LocalRequest.MaxBodyBytes);
            whole += request.Status == 200 ? 1 : 0;
            LocalForm form = LocalForm.Parse(request.Status == 200 && request.IsForm ? request.Body : bytes);
            NodeSettings? way = form.Apply(Ways.Flashed());
            Assert.Equal(way is null, form.Problem.Length > 0);
            Assert.InRange(LocalPage.Form("ABCD", form, "00", "").Length, 500, 6_800);
            if (way is not null)
            {
                applied++;
                NodeSettings full = Ways.Flashed();
                (full.NetworkNames, full.NetworkKeys, full.Host, full.Port) = (way.NetworkNames, way.NetworkKeys, way.Host, way.Port);
                byte[] encoded = full.Encode();
                Assert.NotNull(NodeSettings.Decode(encoded, 0, encoded.Length, out _));
            }
        }

        output.WriteLine($"{whole} whole requests and {applied} forms that count, of 20,000");
        Assert.True(whole > 1000 && applied > 1000);
    }

    private static NodeSettings? Apply(string body, out string problem)
    {
        LocalForm form = LocalForm.Parse(Encoding.ASCII.GetBytes(body));
        NodeSettings? way = form.Apply(Ways.Flashed());
        problem = form.Problem;
        return way;
    }

    private static LocalRequest Read(byte[] bytes, out int taken)
    {
        var request = new LocalRequest();
        for (taken = 0; taken < bytes.Length;)
        {
            if (request.Take(bytes[taken++]))
            {
                break;
            }
        }

        return request;
    }
}
